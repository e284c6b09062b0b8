"""Amounts of a table's rows: in which currency they are, and what they are in the project's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .codes import SHARED
from .errors import LinkError
from .values import Ambiguous, Amount, Unread, parse_amount, parse_currency, unit_in_name

if TYPE_CHECKING:
    from .notes import Notes
    from .project import Project, TableSpec

_UNIT_HINT = "say amount_unit in its [[table]], such as 10000 for 万元 (or 1 if the cells are whole units)"


@dataclass(slots=True)
class Money:
    """Reads the amounts of one table.

    Attributes:
        project, table: which.
        notes: where to count what cannot be read.
    """

    project: Project
    table: TableSpec
    notes: Notes
    _seen: int = 0
    _without_currency: int = 0
    _without_rate: dict[str, tuple[int, str]] = field(default_factory=dict)  # rows and the first place, by currency
    _years: dict[str, set[int]] = field(default_factory=dict)  # that [rates] lacks, by currency

    def check_column(self, where: str) -> None:
        """Refuse a column of amounts whose name speaks of a larger unit, when the project says nothing of it.

        Raises:
            LinkError: it is so; the message begins with `where`.
        """
        unit = unit_in_name(self.table.amount or "")
        if unit and self.table.amount_unit is None:
            raise LinkError(f"{where}: the column {self.table.amount!r} speaks of {unit}; {_UNIT_HINT}")

    def read(
        self, amount: str, currency: str, rate: str, year: int | None, where: str
    ) -> tuple[float | None, str | None, float | None]:
        """The amount, its currency, and the amount in the project's currency; None where there is none.

        Args:
            amount, currency, rate: the cells; empty where the table has no such column.
            year: of the row, for rates by year.
            where: file and row, for messages.

        Raises:
            Ambiguous: the cell names a currency by a sign that several have, and nothing says which.
        """
        try:
            found = parse_amount(amount, self.table.decimal)
        except Unread as error:
            self.notes.add("amount", f"{where}: {error}")
            return None, None, None
        if found is None:
            return None, None, None
        self._seen += 1
        value = found.value * (self.table.amount_unit or 1) if not found.with_unit else found.value
        try:
            code = self._currency(found, currency, where)
        except Unread as error:
            self.notes.add("currency", f"{where}: {error}")
            return None, None, None
        return value, code, self._common(value, code, rate, year, where)

    def _currency(self, amount: Amount, cell: str, where: str) -> str | None:
        own = parse_currency(cell)
        known = own or self.table.fixed.get("currency")
        said = amount.currency
        if said is None or said == known:
            return known
        if said in SHARED:
            if known in SHARED[said]:
                return known
            if known is None:
                likely = " or ".join(SHARED[said][:2])
                raise Ambiguous(
                    f"{where}: the amount is in {said!r}, which several currencies are called; "
                    f"give a currency column, or [table.fixed] currency ({likely}, ...)"
                )
        elif own is None:
            return said  # the cell comes before what holds for the table
        raise Unread(f"the amount says {said} and the currency is {known}")

    def _common(self, value: float, code: str | None, rate: str, year: int | None, where: str) -> float | None:
        wanted = self.project.currency
        if wanted is None or code == wanted:
            return value if wanted else None
        if code is None:
            self._without_currency += 1
            self.notes.add("currency", f"{where}: an amount without a currency")
            return None
        try:
            own = parse_amount(rate, self.table.decimal)
        except Unread as error:
            self.notes.add("rate", f"{where}: {error}")
            return None
        if own is not None:
            if own.value > 0:
                return _product(value, own.value)
            self.notes.add("rate", f"{where}: a rate of {own.value:g}")
            return None
        return self._by_table(value, code, year, where)

    def _by_table(self, value: float, code: str, year: int | None, where: str) -> float | None:
        rate = self.project.rates.get(code)
        if rate is None:
            if self.table.rate:
                self.notes.add("rate", f"{where}: an amount in {code} without a rate")
            else:
                rows, first = self._without_rate.get(code, (0, where))
                self._without_rate[code] = rows + 1, first
            return None
        if isinstance(rate, float):
            return _product(value, rate)
        if year is None:
            self.notes.add("rate", f"{where}: an amount in {code} without a year, and its rates are by year")
            return None
        if year not in rate:
            self._years.setdefault(code, set()).add(year)
            return None
        return _product(value, rate[year])

    def finish(self, name: str) -> None:
        """Refuse a table whose amounts cannot be shown in the project's currency.

        Args:
            name: the table, for messages.

        Raises:
            LinkError: it has amounts in another currency and there is no rate, or in none.
        """
        wanted = self.project.currency
        if self._without_rate:
            said = ", ".join(f"{code} ({rows} rows, first {where})" for code, (rows, where) in sorted(self._without_rate.items()))
            codes = " and ".join(sorted(self._without_rate))
            raise LinkError(
                f"{name} has amounts in {said} and the project is in {wanted}: give [rates] {codes}, or a rate column; "
                "or leave currency out of [project], and amounts stay in their own"
            )
        if self._years:
            said = "; ".join(f"{code}: {', '.join(map(str, sorted(years)))}" for code, years in sorted(self._years.items()))
            raise LinkError(f"{name} has amounts of years for which [rates] says nothing ({said}); add them")
        if self._seen and self._without_currency == self._seen:
            raise LinkError(
                f"{name} has amounts and says no currency; give a currency column, or [table.fixed] currency = {wanted!r}"
            )


def _product(value: float, rate: float) -> float:
    """Without the last bits that a binary fraction leaves: 2,500,000 at 1.11 is 2,775,000."""
    return round(value * rate, 6)
