"""When something is due, said once more and simply, to hold the engine to: every minute of every day is looked at, in Python's
zoneinfo. It knows the forms that the handbook's rhythm needs, and says so when it meets another one."""

import datetime
import re
import zoneinfo

UTC = datetime.timezone.utc
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}


def field(text, low, high, names=()):
    """One of cron's fields as a set."""
    found = set()
    for part in text.lower().split(","):
        part, _, step = part.partition("/")
        first, _, last = part.partition("-")
        number = lambda word: names.index(word) + low if word in names else int(word)  # noqa: E731
        if first == "*":
            first, last = low, high
        else:
            first = number(first)
            last = number(last) if last else (high if step else first)
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def cron(text):
    minute, hour, day, month, weekday = text.split()
    minutes, hours = field(minute, 0, 59), field(hour, 0, 23)
    days, months = field(day, 1, 31), field(month, 1, 12, MONTHS)
    nth = re.fullmatch(r"(\w+)#([1-5])", weekday.lower())
    if nth:
        number = int(nth[1]) % 7 if nth[1].isdigit() else [d[:3] for d in ["sunday", *DAYS[:6]]].index(nth[1])
        on = lambda d: d.isoweekday() % 7 == number and (d.day - 1) // 7 + 1 == int(nth[2])  # noqa: E731
    else:
        weekdays = {w % 7 for w in field(weekday, 0, 7, [d[:3] for d in ["sunday", *DAYS]])}
        either = not day.startswith("*") and not weekday.startswith("*")
        on = lambda d: (  # noqa: E731
            (d.day in days or d.isoweekday() % 7 in weekdays)
            if either
            else (d.day in days and d.isoweekday() % 7 in weekdays)
        )
    return (lambda d: d.month in months and on(d)), {h * 60 + m for h in hours for m in minutes}


def clocks(text):
    times = re.findall(r"\d+:\d+", text)
    return {int(h) * 60 + int(m) for h, m in (t.split(":") for t in times)} or {0}


def words(text):
    text = text.lower()
    every = re.fullmatch(r"every (\d+)(h|m)", text)
    if every:
        step = int(every[1]) * (60 if every[2] == "h" else 1)
        return (lambda d: True), set(range(0, 1440, step))
    days, _, times = text.partition(" at ") if " at " in text else text.partition(re.search(r" (?=\d)|$", text)[0] or "\0")
    names = re.findall(r"[a-z]+", days)
    ordinals = {ORDINALS[n] for n in names if n in ORDINALS}
    weekdays = {DAYS.index(n) for n in names if n in DAYS}
    if names == ["daily"]:
        return (lambda d: True), clocks(times)
    if names == ["weekdays"]:
        return (lambda d: d.weekday() < 5), clocks(times)
    known = {*ORDINALS, *DAYS, "and", "the", "on"}
    if not weekdays or set(names) - known:
        raise ValueError(f"the model does not know \"{text}\": teach it")
    return (lambda d: d.weekday() in weekdays and (not ordinals or (d.day - 1) // 7 + 1 in ordinals)), clocks(times)


def end_of_gap(reading, zone):
    """The clocks are put forward over a reading: when they are."""
    low = reading.replace(tzinfo=UTC) - datetime.timedelta(hours=30)
    high = low + datetime.timedelta(hours=60)
    while high - low > datetime.timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).replace(tzinfo=None) > reading:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)


def due_times(text, zone_name, begin_ms, end_ms):
    """The instants in (begin, end], in milliseconds: skipped readings once at the end of the gap, repeated ones once."""
    zone = zoneinfo.ZoneInfo(zone_name)
    fits, minutes = (cron if re.match(r"[\d*]", text) else words)(text)
    day = datetime.datetime.fromtimestamp(begin_ms / 1000, UTC).date() - datetime.timedelta(days=2)
    found = set()
    while day.toordinal() * 86400 <= datetime.date(1970, 1, 1).toordinal() * 86400 + end_ms / 1000 + 2 * 86400:
        for minute in minutes if fits(day) else ():
            reading = datetime.datetime(day.year, day.month, day.day, minute // 60, minute % 60)
            at = reading.replace(tzinfo=zone).astimezone(UTC)
            if at.astimezone(zone).replace(tzinfo=None) != reading:
                at = end_of_gap(reading, zone)
            found.add(int(at.timestamp() * 1000))
        day += datetime.timedelta(days=1)
    return sorted(at for at in found if begin_ms < at <= end_ms)
