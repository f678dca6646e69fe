import java.io.FileInputStream;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Run in the images: the trust store is there, and TLS is spoken. */
public class Smoke {
    public static void main(String[] args) throws Exception {
        TrustManagerFactory usual = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        usual.init((KeyStore) null);
        KeyStore ours = KeyStore.getInstance(KeyStore.getDefaultType());
        ours.load(null, null);
        ours.setCertificateEntry("ours", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(args[1])));
        TrustManagerFactory trusting = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusting.init(ours);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trusting.getTrustManagers(), null);
        HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
        byte[] text = new byte[14];
        new URL("https://localhost:" + args[0] + "/hello").openStream().read(text);
        int known = ((javax.net.ssl.X509TrustManager) usual.getTrustManagers()[0]).getAcceptedIssuers().length;
        System.out.println((known > 100) + " " + new String(text));
    }
}
