"""Opening hours that a page offers by name, as the lines that call_codes.hours reads."""

from __future__ import annotations

from typing import Final

SCHEDULES: Final = {
    "mon-fri 09:00-17:00": "Working days, 9 am to 5 pm",
    "mon-sun 08:00-24:00": "Every day, 8 am to midnight",
    "mon-sun 10:00-22:00": "Every day, 10 am to 10 pm",
    "mon-sun 00:00-24:00": "Around the clock",
}
OWN_HOURS: Final = "Hours of your own"
EXAMPLE: Final = "mon-fri 07:00-15:00; sat 10:00-26:00"
EXAMPLE_WORDS: Final = (
    "Written as days and times: mon-fri 07:00-15:00; sat 10:00-26:00 (26:00 is 2 am of the next day)"
)
