#!/bin/sh
# What `make demo` shows: the bundled table tagged, one row explained, labels without text placed, one tag of the standard,
# three tables linked, their trends and what is funded and not patented.
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# show FILE COLUMN:WIDTH...: some columns of a table, the last one as wide as it is.
show() {
    python - "$@" <<'PY'
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

columns = [c.partition(":")[::2] for c in sys.argv[2:]]
rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
for row in [dict(zip((c for c, _ in columns), (c for c, _ in columns))), *rows]:
    print(" ".join(fit(row[c], int(n)) if n else row[c] for c, n in columns).rstrip())
PY
}

echo '$ techtags tag example.csv -o tagged.csv --text description --label sector'
techtags tag techtags/data/example.csv -o "$out/tagged.csv" --text description --label sector
echo
show "$out/tagged.csv" sector:14 description:48 tt_status:10 tt_tags:44 tt_basis
echo
echo '$ techtags harmonise deals.csv --label sector -o designations.csv'
techtags harmonise techtags/data/deals.csv --label sector -o "$out/designations.csv"
echo
show "$out/designations.csv" designation:24 rows:4 tt_status:9 tt_tags:50 tt_relation:11 tt_found
echo
echo '$ techtags explain "以CRISPR技術培育抗蟲玉米品種，並提供種子加工服務" --labels zh'
techtags explain "以CRISPR技術培育抗蟲玉米品種，並提供種子加工服務" --labels zh
echo
echo '$ techtags crosswalk lookup cpc H01M10/0525'
techtags crosswalk lookup cpc H01M10/0525
echo
echo '$ techtags taxonomy search 光刻 --limit 2'
techtags taxonomy search 光刻 --limit 2
echo
cp -r examples/demo-link "$out/link"
echo "$ techtags link project.toml"
techtags link "$out/link/project.toml" > "$out/linked.txt"
sed "s|$out/link/||" "$out/linked.txt"
db=$out/link/demo.duckdb
echo
echo '$ techtags trends demo.duckdb --level 1 --picture trends.png --report report.html'
mkdir -p build
techtags trends "$db" --level 1 --picture build/demo-trends.png --report build/demo-report.html
echo 'wrote build/demo-trends.png and build/demo-report.html'
echo
echo '$ techtags compare demo.duckdb investment patent --level 1'
techtags compare "$db" investment patent --level 1
