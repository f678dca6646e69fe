// Run in the images: TLS is spoken, and an addon is loaded where one was compiled.
const fs = require('fs');
const https = require('https');

const [port, certificate, addon] = process.argv.slice(2);
if (addon) console.log(require(addon));
https.get({ host: 'localhost', port, path: '/hello', ca: fs.readFileSync(certificate) }, (answer) => {
  answer.on('data', (text) => console.log(process.version, text.toString()));
});
