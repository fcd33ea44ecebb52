"""Deliberate faults for deployment tests, baked into the image by the build argument FAULT (default none).

unhealthy: /health answers 503 for ever. smoke: memories answers 500 to POST. slow: start-up and each migration take 3 s longer.
"""

import os
import time

FAULT = os.environ.get("TMWS_REFERENCE_FAULT", "none")
SLOW_SECONDS = 3.0


def pause() -> None:
    """Stands in the middle of every migration, so that a test can kill one there."""
    if FAULT == "slow":
        time.sleep(SLOW_SECONDS)
