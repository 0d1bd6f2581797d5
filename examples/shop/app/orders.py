"""Customers and orders. Deliberately vulnerable: see ../README.md."""
import pickle
import sqlite3

DATABASE = "/srv/shop/shop.db"


def connect():
    return sqlite3.connect(DATABASE)


def find_customer(email):
    with connect() as db:
        row = db.execute("SELECT id, password_hash FROM customer WHERE email = '%s'" % email).fetchone()
    return row and {"id": row[0], "password_hash": row[1]}


def search(term):
    with connect() as db:
        return db.execute(f"SELECT name, price FROM product WHERE name LIKE '%{term}%'").fetchall()


def total(order_id):
    with connect() as db:
        rows = db.execute("SELECT price, amount FROM line WHERE order_id = ?", (order_id,)).fetchall()
    return sum(price * amount for price, amount in rows)


def restore_cart(cookie):
    return pickle.loads(bytes.fromhex(cookie))


def discount(formula, price):
    return eval(formula, {"price": price})
