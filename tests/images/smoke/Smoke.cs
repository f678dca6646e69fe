using System;
using System.Globalization;
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

// The ICU of the distro for the name of a day, its OpenSSL for TLS.
class Smoke {
  static void Main(string[] args) {
    Console.WriteLine(Environment.Version + ", " + new DateTime(2026, 1, 2).ToString("dddd", new CultureInfo("de-DE")));
    var socket = new TcpClient("localhost", int.Parse(args[0]));
    var tls = new SslStream(socket.GetStream(), false, (o, certificate, chain, errors) => certificate.Subject == "CN=localhost");
    tls.AuthenticateAsClient("localhost");
    var request = Encoding.ASCII.GetBytes("GET /hello HTTP/1.0\r\n\r\n");
    tls.Write(request, 0, request.Length);
    var lines = new StreamReader(tls).ReadToEnd().Split('\n');
    Console.WriteLine(lines[lines.Length - 1]);
  }
}
