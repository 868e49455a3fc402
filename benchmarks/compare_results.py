#!/usr/bin/env python3
"""Compares results files of `astrolabe bench`: verdicts, counts and times.

One file: counts and times per benchmark. Two files, an earlier and a later
one: also every instance whose verdict changed, and the ratio of times over
the instances both decided. Exits with 1 if a verdict contradicts the
expected one, the two files contradict each other, or the later file lost an
instance that the earlier one decided.
"""

import argparse
import csv
import sys

DECIDED = ("sat", "unsat")
COLUMNS = ("benchmark", "onnx", "vnnlib", "verdict", "expected", "wall_seconds")


def read_rows(path):
    """The rows of one file by (benchmark, onnx, vnnlib); the last one counts."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
        if missing:
            sys.exit(f"{path}: no column {', '.join(missing)}")
        rows = {}
        for row in reader:
            try:
                row["wall_seconds"] = float(row["wall_seconds"])
            except (TypeError, ValueError):
                sys.exit(f"{path}:{reader.line_num}: wall_seconds is not a number")
            rows[row["benchmark"], row["onnx"], row["vnnlib"]] = row
    if not rows:
        sys.exit(f"{path}: no rows")
    return rows


def is_wrong(row):
    """True if the verdict is the opposite of the expected one."""
    return (
        row["verdict"] in DECIDED
        and row["expected"] in DECIDED
        and row["verdict"] != row["expected"]
    )


def median(values):
    """Median of a non-empty list."""
    values = sorted(values)
    middle = len(values) // 2
    return (values[middle] + values[-1 - middle]) / 2.0


def print_summary(path, rows, penalty_s):
    """One line per benchmark; PAR-2 counts an undecided instance as twice
    the penalty."""
    print(path)
    print(
        f"  {'benchmark':<24}{'rows':>6}{'sat':>6}{'unsat':>6}{'open':>6}"
        f"{'wrong':>6}{'median s':>10}{'PAR-2 s':>10}"
    )
    groups = {}
    for row in rows.values():
        groups.setdefault(row["benchmark"], []).append(row)
    for name in sorted(groups):
        group = groups[name]
        decided = [r for r in group if r["verdict"] in DECIDED]
        times = [r["wall_seconds"] for r in decided]
        par2 = sum(times) + 2.0 * penalty_s * (len(group) - len(decided))
        print(
            f"  {name:<24}{len(group):>6}"
            f"{sum(r['verdict'] == 'sat' for r in group):>6}"
            f"{sum(r['verdict'] == 'unsat' for r in group):>6}"
            f"{len(group) - len(decided):>6}"
            f"{sum(is_wrong(r) for r in group):>6}"
            f"{median(times) if times else float('nan'):>10.3f}"
            f"{par2 / len(group):>10.3f}"
        )


def total(rows, column):
    """Sum of a column that older files do not have."""
    return sum(float(row.get(column) or 0.0) for row in rows)


def print_certificates(rows):
    """One line per benchmark that has certificates; leaves and bytes are
    those after minimization, raw those before."""
    groups = {}
    for row in rows.values():
        if float(row.get("bytes") or 0.0) > 0.0:
            groups.setdefault(row["benchmark"], []).append(row)
    if not groups:
        return
    print(
        f"  {'certificates':<24}{'unsat':>6}{'certified':>10}{'rejected':>9}"
        f"{'raw bytes':>12}{'bytes':>12}{'leaves':>10}{'bytes/leaf':>11}"
        f"{'minimize s':>11}{'check s':>10}"
    )
    for name in sorted(groups):
        group = groups[name]
        leaves = total(group, "leaves")
        n_bytes = total(group, "bytes")
        print(
            f"  {name:<24}"
            f"{sum(r['verdict'] == 'unsat' for r in group):>6}"
            f"{total(group, 'certified'):>10.0f}{total(group, 'rejected'):>9.0f}"
            f"{total(group, 'raw_bytes'):>12.0f}{n_bytes:>12.0f}{leaves:>10.0f}"
            f"{n_bytes / leaves if leaves else 0.0:>11.2f}"
            f"{total(group, 'minimize_seconds'):>11.2f}"
            f"{total(group, 'check_seconds'):>10.2f}"
        )


def print_changes(before, after):
    """Prints changed verdicts; returns how many were lost or contradict."""
    n_bad = 0
    for key in sorted(before.keys() & after.keys()):
        old, new = before[key]["verdict"], after[key]["verdict"]
        if old == new:
            continue
        contradicts = old in DECIDED and new in DECIDED
        lost = old in DECIDED and new not in DECIDED
        mark = "CONTRADICTION " if contradicts else "lost " if lost else ""
        n_bad += contradicts or lost
        print(f"  {mark}{old} -> {new}: {' '.join(key)}")
    for path, only in (("before", before.keys() - after.keys()),
                       ("after", after.keys() - before.keys())):
        if only:
            print(f"  {len(only)} instances are only in the file {path}")
    return n_bad


def print_times(before, after):
    """Times over the instances decided in both files."""
    both = [
        key
        for key in before.keys() & after.keys()
        if before[key]["verdict"] in DECIDED and after[key]["verdict"] in DECIDED
    ]
    if not both:
        return
    old = [before[key]["wall_seconds"] for key in both]
    new = [after[key]["wall_seconds"] for key in both]
    ratios = [b / max(a, 1e-3) for a, b in zip(old, new)]
    print(
        f"  {len(both)} decided in both: {sum(old):.2f} s -> {sum(new):.2f} s,"
        f" median ratio {median(ratios):.3f}"
    )


def main():
    """Reads the arguments; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="+", help="one or two results files")
    parser.add_argument(
        "--penalty", type=float, default=60.0, metavar="SECONDS",
        help="time limit that an undecided instance is charged twice (60)",
    )
    arguments = parser.parse_args()
    if len(arguments.results) > 2:
        parser.error("at most two files")

    files = [read_rows(path) for path in arguments.results]
    n_bad = 0
    for path, rows in zip(arguments.results, files):
        print_summary(path, rows, arguments.penalty)
        print_certificates(rows)
        for key in sorted(rows):
            if is_wrong(rows[key]):
                n_bad += 1
                print(f"  WRONG: {rows[key]['verdict']}: {' '.join(key)}")
    if len(files) == 2:
        print("changes")
        n_bad += print_changes(*files)
        print_times(*files)
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
