"""Asks DuckDB, and chdb where it is installed, what the bench of the log store asks, on the same segments; then finds the rare text in
the compressed lines with zstd and grep. The searches come from the bench, a name, a tab and the SQL on each line."""

import glob
import resource
import subprocess
import sys
import time

ASKED = 20


def measure(ask, times=ASKED):
    """CPU milliseconds of all threads for one answer, the 95th percentile of wall milliseconds, and the answer's rows."""
    rows = ask()
    begun, walls = time.process_time(), []
    for _ in range(times):
        clock = time.perf_counter()
        rows = ask()
        walls.append((time.perf_counter() - clock) * 1e3)
    cpu = (time.process_time() - begun) * 1e3 / times
    return cpu, sorted(walls)[int(times * 0.95) - 1], rows


def duckdb_engine(files):
    import duckdb

    base = duckdb.connect()
    base.sql("SET TimeZone = 'Asia/Tokyo'")
    base.sql("SET enable_object_cache = true")
    base.sql(f"CREATE VIEW events AS SELECT * FROM read_parquet({files!r})")

    def ask(sql):
        # Into a table: Python's own times need another package.
        base.execute(f"CREATE OR REPLACE TEMP TABLE answer AS {sql}")
        return base.execute("SELECT count(*) FROM answer").fetchone()[0]

    return ask


def chdb_engine(folder):
    from chdb import session

    base = session.Session()
    base.query("SET session_timezone = 'Asia/Tokyo'")
    base.query(f"CREATE VIEW events AS SELECT * FROM file('{folder}/lake/store/segments/**/*.parquet', Parquet)")
    return lambda sql: len(base.query(sql, "CSV").bytes().splitlines())


def report(engine, searches, ask):
    for name, sql in searches:
        try:
            cpu, wall, rows = measure(lambda: ask(sql))
            print(f"{engine}: {name}: {cpu:.0f} CPU ms, wall p95 {wall:.0f} ms, {rows} rows")
        except Exception as error:  # An engine that cannot is a result too.
            print(f"{engine}: {name}: {str(error).splitlines()[0]}")


def main():
    folder = sys.argv[1]
    searches = [line.rstrip("\n").split("\t") for line in sys.stdin if "\t" in line]
    # Packed records are put together by the program alone.
    plain = [(name, sql) for name, sql in searches if "raw" not in sql and "src[" not in sql]
    files = sorted(glob.glob(f"{folder}/lake/store/segments/**/*.parquet", recursive=True))
    for engine, begin in (("duckdb", lambda: duckdb_engine(files)), ("chdb", lambda: chdb_engine(folder))):
        try:
            ask = begin()
        except ImportError:
            print(f"{engine}: not installed")
            continue
        report(engine, plain, ask)
    for n in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = f"zstd -dcq {folder}/raw/*.zst | grep -c -F 9f3a7c1"
        found = subprocess.run(command, shell=True, capture_output=True, text=True).stdout.strip()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"zstd | grep: substring, the year: {cpu * 1e3:.0f} CPU ms, {found} lines")


main()
