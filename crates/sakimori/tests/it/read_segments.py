"""Answers one SQL statement over the sealed segments of a node as CSV: read by DuckDB, without any code of Sakimori.

Usage: python3 read_segments.py FOLDER SQL
"""

import csv
import sys

import duckdb

folder, sql = sys.argv[1:]
files = folder.replace("'", "''") + "/**/*.parquet"
duckdb.sql(f"CREATE VIEW events AS SELECT * FROM read_parquet('{files}')")
answer = duckdb.sql(sql)
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(answer.columns)
writer.writerows(answer.fetchall())
