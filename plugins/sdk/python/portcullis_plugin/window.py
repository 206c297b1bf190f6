"""Stretches of the week."""

from __future__ import annotations

from dataclasses import dataclass

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Window:
    """A stretch of some days of the week, in a time zone without daylight saving.

    ``begin`` and ``end`` are minutes after midnight; an end that is not later than the begin is on the next day.
    ``offset`` is by how many minutes the zone's clocks are ahead of UTC. What makes no sense raises ``ValueError``.
    """

    days: tuple[str, ...]
    begin: int
    end: int
    offset: int = 0

    def __post_init__(self) -> None:
        if not self.days or not set(self.days) <= set(DAYS):
            raise ValueError(f"days are some of {', '.join(DAYS)}")
        if not (0 <= self.begin < 1440 and 0 <= self.end <= 1440 and -840 <= self.offset <= 840):
            raise ValueError("a window begins before 24:00, ends by 24:00, and is at most 14 hours off UTC")

    @classmethod
    def between(cls, days: list[str], begin: str, end: str, offset: int = 0) -> "Window":
        """From times of the day such as ``08:00``."""
        return cls(tuple(days), _minutes(begin), _minutes(end), offset)

    def holds(self, time: int) -> bool:
        """Whether a time, in seconds since 1970-01-01T00:00:00Z, lies in it."""
        day, minute = divmod(time // 60 + self.offset, 1440)
        # 1970-01-01 was a Thursday.
        today, yesterday = DAYS[(day + 3) % 7], DAYS[(day + 2) % 7]
        if self.end > self.begin:
            return today in self.days and self.begin <= minute < self.end
        return (today in self.days and minute >= self.begin) or (yesterday in self.days and minute < self.end)

    def __str__(self) -> str:
        days = ",".join(day[:3] for day in DAYS if day in self.days)
        sign, offset = "-" if self.offset < 0 else "+", abs(self.offset)
        return f"{days} {_clock(self.begin)}-{_clock(self.end)} {sign}{_clock(offset)}"


def _minutes(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not (colon and len(hours) == 2 and len(minutes) == 2 and hours.isdigit() and minutes.isdigit() and int(minutes) < 60):
        raise ValueError(f"`{text}` is no time of the day, such as `08:00`")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
