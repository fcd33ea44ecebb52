"""Celery on Redis. No task is lost: it is acknowledged when done, and a worker holds no more than it works on."""

import sys

from celery import Celery
from celery.signals import worker_process_init

from core import config

try:
    settings = config.load()
except config.ConfigError as error:
    sys.exit(f"diligence: {error}")

app = Celery("diligence", broker=settings.redis_url, include=["pipeline.tasks"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_time_limit=settings.task_seconds,
    # Redis gives a task to another worker when this long nobody acknowledged it: longer than any task takes, else it is done twice.
    broker_transport_options={"visibility_timeout": 2 * settings.task_seconds},
    broker_connection_retry_on_startup=True,
    task_default_queue="diligence",
    timezone="UTC",
    beat_schedule={
        "end runs that nobody works on": {"task": "pipeline.tasks.sweep", "schedule": 300.0},
        **({"backfill cost_status": {"task": "pipeline.tasks.backfill", "schedule": 60.0}} if settings.uses_cost_status else {}),
    },
)


@worker_process_init.connect
def own_connections(**_: object) -> None:
    """A forked child must not share its parent's sockets."""
    from pipeline import tasks

    tasks.database.engine.dispose(close=False)
