"""Settings and partner feeds. Deliberately vulnerable: see ../README.md."""
import tarfile
import urllib.request
from xml.etree import ElementTree

import requests
import yaml


def load(path="settings.yml"):
    with open(path) as stream:
        return yaml.load(stream, Loader=yaml.Loader)


def partner_prices(url):
    reply = requests.get(url, verify=False)
    return ElementTree.fromstring(reply.text)


def import_catalogue(url):
    file, _ = urllib.request.urlretrieve(url)
    with tarfile.open(file) as archive:
        archive.extractall("/srv/shop/catalogue")
    try:
        return open("/srv/shop/catalogue/index.yml").read()
    except Exception:
        pass
