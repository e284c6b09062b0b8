#!/bin/sh
# What `make demo` shows: the bundled table tagged, one row explained, one tag of the standard.
set -eu
table=techtags/data/example.csv
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

echo '$ techtags tag example.csv -o tagged.csv --text description --label sector'
techtags tag "$table" -o "$out/tagged.csv" --text description --label sector
echo
python - "$out/tagged.csv" <<'PY'
import csv, sys, unicodedata

def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

def fit(text, n):
    cut = text
    while width(cut) > n:
        cut = cut[:-1]
    if cut != text:
        while width(cut) > n - 1:
            cut = cut[:-1]
        cut += "…"
    return cut + " " * (n - width(cut))

rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
print(fit("description", 48), fit("tt_status", 10), fit("tt_tags", 44), "tt_scores")
for row in rows:
    print(fit(row["description"], 48), fit(row["tt_status"], 10), fit(row["tt_tags"], 44), row["tt_scores"])
PY
echo
echo '$ techtags explain "以CRISPR技術培育抗蟲玉米品種，並提供種子加工服務" --labels zh'
techtags explain "以CRISPR技術培育抗蟲玉米品種，並提供種子加工服務" --labels zh
echo
echo '$ techtags taxonomy search 光刻 --limit 2'
techtags taxonomy search 光刻 --limit 2
