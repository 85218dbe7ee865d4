"""The drawing of comparisons: on a page of the dashboard, and on one that stands alone (``xxgk diff --html``)."""
