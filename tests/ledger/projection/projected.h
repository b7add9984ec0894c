// A projection made in a test, and rows of it as text.
#pragma once

#include "ledger/projection/projection.h"
#include "ledger/store/memory_journal.h"
#include "ledger/store/sql.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

namespace tuma::ledger {

inline const std::atomic<bool> never{false};

inline void project(const std::filesystem::path& path, JournalReader& journal) {
    Projection projection(path);
    const CatchUpFigures figures = bring_up_to_date(projection, journal, never, nullptr);
    REQUIRE(figures.is_complete);
    REQUIRE(figures.sequence == journal.last_sequence());
}

// Every row of a query, columns joined by "|", as the sqlite3 shell prints them.
inline std::vector<std::string> rows_of(const std::filesystem::path& path, const std::string& sql,
                                        int columns) {
    SqlDatabase database(path, SqlAccess::read_only);
    SqlStatement statement(database, sql);
    std::vector<std::string> rows;
    while (statement.step()) {
        std::string line(statement.text(0));
        for (int i = 1; i < columns; ++i) line += "|" + std::string(statement.text(i));
        rows.push_back(std::move(line));
    }
    return rows;
}

inline std::string one(const std::filesystem::path& path, const std::string& sql) {
    return rows_of(path, sql, 1).at(0);
}

inline std::string bound(std::int64_t value, std::int64_t none) {
    return value == none ? "" : std::to_string(value);
}

// What the table `account` must hold, row by row.
inline std::vector<std::string> expected_accounts(const Books& books) {
    std::vector<std::string> rows;
    for (std::uint32_t i = 1; i <= books.account_count(); ++i) {
        const Account& account = *books.find(AccountId{i});
        rows.push_back(fmt::format(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", i, text(books.identity(AccountId{i})),
            row(account.kind).name, alphabetic_code(account.currency), name(account.state),
            bound(account.floor, no_floor), account.debits_pending, account.debits_posted,
            account.credits_pending, account.credits_posted, balance(account),
            account.floor == no_floor ? "" : std::to_string(available(account))));
    }
    return rows;
}

inline const std::string account_rows =
    "SELECT id, identity, kind, currency, state, floor, debits_pending, debits_posted, "
    "credits_pending, credits_posted, balance, available FROM account ORDER BY id";

}  // namespace tuma::ledger
