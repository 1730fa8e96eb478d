"""For how long a request may wait for a notebook that is on its way back.

A short outage should be no more than a delay, so what comes in its first seconds waits. In one that is older
already, a wait is seldom worth it, and a quick answer that says when to ask again is better: for a program,
which can do something else meanwhile, and for a person, who is shown what is wrong. The scripts of an open
page are the exception. JupyterLab asks again only every half minute, so one that is kept waiting
when the notebook comes back saves it that time.
"""


def hold_seconds(limit_seconds: float, *, outage_seconds: float, patient: bool) -> float:
    """Return how long a request may wait that comes so late; ``patient`` if it may always wait."""
    return limit_seconds if patient else max(0.0, limit_seconds - outage_seconds)
