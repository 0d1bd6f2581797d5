"""HTTP front of the shop. Deliberately vulnerable: see ../README.md."""
import os
import subprocess

from flask import Flask, redirect, render_template_string, request, send_file

import auth
import orders
import settings

app = Flask(__name__)
app.secret_key = settings.load()["session"]["key"]

INVOICES = "/srv/shop/invoices"


@app.route("/login", methods=["POST"])
def login():
    user = orders.find_customer(request.form["email"])
    if user and auth.check(request.form["password"], user["password_hash"]):
        return {"token": auth.new_token()}
    return {"error": "wrong e-mail or password"}, 401


@app.route("/search")
def search():
    term = request.args.get("q", "")
    # Server-side template injection: the term is part of the template.
    page = "<h1>Results for %s</h1>{%% for row in rows %%}<p>{{ row }}</p>{%% endfor %%}" % term
    return render_template_string(page, rows=orders.search(term))


@app.route("/invoice")
def invoice():
    # Path traversal: ?file=../../../etc/passwd
    return send_file(os.path.join(INVOICES, request.args["file"]))


@app.route("/invoice/pdf")
def invoice_pdf():
    # Command injection: ?file=a;id
    name = request.args["file"]
    subprocess.run("wkhtmltopdf " + name + " /tmp/invoice.pdf", shell=True)
    return send_file("/tmp/invoice.pdf")


@app.route("/go")
def go():
    return redirect(request.args.get("next", "/"))


@app.route("/status")
def status():
    uptime = subprocess.check_output("uptime", shell=True)  # nosemgrep: python-shell-true -- constant command, no input of the user
    return {"uptime": uptime.decode(), "version": os.environ.get("SHOP_VERSION", "dev")}


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8080, debug=True)
