#include "switch/files/calendar_file.h"

#include "ledger/words/csv.h"
#include "ledger/words/input_file.h"
#include "ledger/words/time.h"

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <utility>
#include <vector>

namespace tuma {
namespace {

/// The columns that count.
struct Columns {
    std::size_t calendar = 0;
    std::size_t date = 0;
};

Result<Columns> find_columns(const CsvReader& csv) {
    const auto header = csv.fields();
    const auto calendar = find_column(header, "calendar");
    const auto date = find_column(header, "date");
    if (calendar && date) return Columns{*calendar, *date};
    return InputError{
        csv.place(), fmt::format("no column called {}; the header needs calendar and date, and has "
                                 "{}",
                                 calendar ? "date" : "calendar", fmt::join(header, ", "))};
}

std::string list(const std::set<std::string, std::less<>>& names) {
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

/// Everything in the file: the days of `name`, and which calendars there are.
struct Found {
    std::vector<core::LocalDay> days;
    std::set<std::string, std::less<>> names;
};

Result<Found> read_rows(CsvReader& csv, const Columns& columns, std::string_view name) {
    // Read to the end even when the calendar was found: a date that is none further down would be
    // noticed a year later.
    Found found;
    Result<bool> more = csv.next();
    for (; more && *more; more = csv.next()) {
        const auto fields = csv.fields();
        if (fields.size() <= std::max(columns.calendar, columns.date))
            return InputError{csv.place(),
                              fmt::format("{} fields; the header has more columns", fields.size())};
        const std::string_view calendar = fields[columns.calendar];
        // Names are remembered, so that a misspelt one can be told what there is.
        if (!found.names.contains(calendar)) found.names.emplace(calendar);
        const auto day = parse_day(fields[columns.date]);
        if (!day)
            return InputError{csv.place(),
                              fmt::format("date: found \"{}\"; a date like 2023-12-25 is needed",
                                          fields[columns.date].substr(0, 40))};
        if (calendar == name) found.days.push_back(*day);
    }
    if (!more) return more.error();
    return found;
}

}  // namespace

Result<core::Calendar> read_calendar(const std::filesystem::path& path, const std::string& name) {
    // Neither file nor calendar: banks rest on weekends only.
    if (path.empty() && name.empty()) return core::Calendar{};
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    std::ifstream file(path, std::ios::binary);
    CsvReader csv(file, path.string());
    const Result<bool> has_header = csv.next();
    if (!has_header) return has_header.error();
    if (!*has_header)
        return InputError{path.string(), "is empty; the header needs calendar and date"};
    const Result<Columns> columns = find_columns(csv);
    if (!columns) return columns.error();
    Result<Found> found = read_rows(csv, *columns, name);
    if (!found) return found.error();
    // A file without a calendar's name is checked and not used.
    if (name.empty()) return core::Calendar{};
    // No day is surely a wrong name. Silence here would pay merchants on Christmas.
    if (found->days.empty())
        return InputError{path.string(), fmt::format("no calendar called \"{}\" in it; there are "
                                                     "{}; add its days, or leave the file out "
                                                     "for weekends only",
                                                     name, list(found->names))};
    return core::Calendar(name, std::move(found).value().days);
}

}  // namespace tuma
