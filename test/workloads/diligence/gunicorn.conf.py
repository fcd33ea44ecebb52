"""One process with threads: the metrics are its own, and a stream holds a thread, not the process."""

from core import drain

bind = "0.0.0.0:5001"
worker_class = "gthread"
workers = 1
threads = 32
keepalive = 75  # longer than a proxy keeps an idle connection: whoever closes first must not be the server
graceful_timeout = 8  # for requests in flight; the whole stop stays below 10
timeout = 60
worker_tmp_dir = "/tmp"  # the root is read-only
loglevel = "warning"


def post_worker_init(worker):
    drain.watch(worker)
