// Storefront. Deliberately vulnerable: see ../README.md.
const express = require("express");
const { exec } = require("child_process");
const crypto = require("crypto");
const fs = require("fs");
const _ = require("lodash");
const argv = require("minimist")(process.argv.slice(2));

const app = express();
app.use(express.json());

const themes = {};
const SESSION_SECRET = "keyboard cat";

app.get("/hello", (req, res) => {
  res.send("<h1>Hello " + req.query.name + "</h1>");
});

app.get("/picture", (req, res) => {
  fs.readFile("/srv/shop/pictures/" + req.query.file, (err, data) => {
    if (err) return res.status(404).end();
    res.type("image/jpeg").send(data);
  });
});

app.get("/thumbnail", (req, res) => {
  exec("convert " + req.query.file + " -resize 100x100 /tmp/thumbnail.jpg", () => {
    res.sendFile("/tmp/thumbnail.jpg");
  });
});

app.post("/theme", (req, res) => {
  themes[req.body.name] = req.body.value;
  _.merge({}, req.body);
  res.json(themes);
});

app.get("/coupon", (req, res) => {
  const formula = req.query.formula;
  res.json({ price: eval(formula) });
});

app.get("/filter", (req, res) => {
  const pattern = new RegExp(req.query.pattern);
  res.json(["tea", "coffee"].filter((name) => pattern.test(name)));
});

app.get("/go", (req, res) => res.redirect(req.query.next));

function sign(session) {
  return crypto.createHash("md5").update(session + SESSION_SECRET).digest("hex");
}

function isEmail(text) {
  return /^([a-zA-Z0-9]+)+@shop\.example$/.test(text);
}

function read(name) {
  // eslint-disable-next-line security/detect-non-literal-fs-filename -- the caller gives constants only
  return fs.readFileSync(name, "utf8");
}

app.listen(argv.port || 3000);
module.exports = { isEmail, read, sign };
