"""Demo data that are short enough for tests; as a program, the server of the pages with them."""

from dataclasses import replace

ROWS = 520
PATIENTS = 120
SECONDS = 100_000
MACHINES = [f"machine {number}" for number in (*range(1, 31), 118, 119, 120)]


def shorten(put=setattr):
    """From now on, or until ``put`` is undone, demos are their latest rows."""
    from qmann_autonomous import records
    from qmann_finance.data import reading
    from qmann_health import data, load_followed, load_patients
    from qmann_health.survival import data as followed
    from qmann_industrial import demo_histories
    from qmann_industrial.life import features

    harbor = records.demo_tracks

    def early(name):
        tracks = harbor(name)
        return replace(tracks, table=tracks.table.query("time <= @SECONDS"))

    put(records, "demo_tracks", early)
    whole = reading.demo_prices

    def latest(*args, **options):
        prices = whole(*args, **options)
        return replace(prices, frames={k: f.tail(ROWS) for k, f in prices.frames.items()})

    patients, women = data.demo_patients().table, followed.demo_followed().table
    put(reading, "demo_prices", latest)
    put(data, "demo_patients", lambda: load_patients(patients.tail(PATIENTS), target="diagnosis"))
    machines = demo_histories().select(MACHINES)
    put(features, "demo_histories", lambda: machines)
    names = {"time": "time", "event": "cens"}
    put(followed, "demo_followed", lambda: load_followed(women.tail(PATIENTS), **names))


if __name__ == "__main__":
    from qmann_apps.__main__ import run

    shorten()
    run()
