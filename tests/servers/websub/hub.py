"""Serves a Flask-WebSub hub at /hub of the port that it is given, its work done by a thread beside it."""

import sys
import threading

from celery import Celery  # type: ignore[import-not-found]  # in the hub's own environment
from flask import Flask  # type: ignore[import-not-found]
from flask_websub.hub import Hub, SQLite3HubStorage  # type: ignore[import-not-found]

app = Flask("hub")
app.config["PUBLISH_SUPPORTED"] = True
work = Celery("hub", broker="memory://")
hub = Hub(SQLite3HubStorage("hub.db"), work, BACKOFF_BASE=0.2, SIGNATURE_ALGORITHM=sys.argv[2])
app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))


def deliver() -> None:
    """Do what the hub has promised, one thing after the other."""
    work.WorkController(pool_cls="solo", without_gossip=True, without_mingle=True).start()


threading.Thread(target=deliver, daemon=True).start()
app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
