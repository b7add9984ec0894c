#include "ledger/audit/audit_text.h"

#include "ledger/projection/projection.h"
#include "ledger/store/head_mark.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/snapshot.h"
#include "ledger/store/sqlite_journal.h"

#include <fmt/format.h>

#include <iterator>

namespace tuma::ledger {
namespace {

std::string decimal(WideAmount minor, Currency currency) {
    // Not by way of Money: sums over all accounts may need more than its 64 bits.
    const int decimals = find_currency(static_cast<std::uint16_t>(currency))->decimals;
    WideAmount scale = 1;
    for (int i = 0; i < decimals; ++i) scale *= 10;
    const WideAmount positive = minor < 0 ? -minor : minor;
    std::string characters = fmt::format("{}{}", minor < 0 ? "-" : "", positive / scale);
    if (decimals > 0) characters += fmt::format(".{:0{}}", positive % scale, decimals);
    return characters;
}

std::string json_string(std::string_view characters) {
    std::string result = "\"";
    for (const char c : characters) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (byte < 0x20 || byte >= 0x7F) {
            // Damaged files can put any byte into a sentence; as Latin-1 it is valid JSON at least.
            result += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
        } else {
            result += c;
        }
    }
    return result + '"';
}

// A message on one line, whatever was in it.
std::string one_line(std::string_view characters) {
    std::string result(characters);
    for (char& c : result)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return result;
}

void add_currencies(std::string& out, const AuditFigures& figures) {
    for (const auto& [currency, sums] : figures.currencies) {
        const auto amount = [currency = currency](WideAmount minor) {
            return decimal(minor, currency);
        };
        const std::string outside =
            sums.outside == 0 ? "" : fmt::format("; at banks outside {}", amount(sums.outside));
        fmt::format_to(std::back_inserter(out),
                       "{}: {} accounts, debits {} = credits {}, difference {}; pending debits {}, "
                       "credits {}; in trust {}, owed {}, own {}{}\n",
                       alphabetic_code(currency), sums.accounts, amount(sums.debits_posted),
                       amount(sums.credits_posted),
                       amount(sums.debits_posted - sums.credits_posted),
                       amount(sums.debits_pending), amount(sums.credits_pending),
                       amount(sums.trust), amount(sums.owed), amount(sums.own), outside);
    }
}

void add_findings(std::string& out, const Findings& findings) {
    for (const Finding& finding : findings.list())
        fmt::format_to(std::back_inserter(out), "finding: {}: {}: {}\n", name(finding.kind),
                       one_line(finding.where), one_line(finding.sentence));
    // The bound on listed findings is one for each kind, so that no kind hides another.
    const std::uint64_t listed = findings.list().size();
    if (findings.count() > listed)
        fmt::format_to(std::back_inserter(out), "and {} more of the same kinds\n",
                       findings.count() - listed);
}

}  // namespace

std::string text(const AuditReport& report) {
    const AuditFigures& figures = report.figures;
    std::string out = fmt::format(
        "journal: {} of {} batches replayed, {} events, {} transfers, {} refusals, {} accounts, "
        "{} open reservations, {} schemes, {} settlements\nhead: batch {} at {}, {}\n",
        figures.replayed_sequence, figures.last_sequence, figures.events, figures.transfers,
        figures.refusals, figures.accounts, figures.open_reservations, figures.schemes,
        figures.settlements, figures.replayed_sequence, tuma::text(figures.head_time),
        hex(figures.head_hash));
    add_currencies(out, figures);
    fmt::format_to(std::back_inserter(out),
                   "compared: {} snapshots, projection up to batch {}, {} acknowledgements\n",
                   figures.snapshots, figures.projection_sequence, figures.acks);
    for (const std::string& note : report.notes) out += "note: " + one_line(note) + "\n";
    add_findings(out, report.findings);
    out += report.is_clean() ? "clean\n"
                             : fmt::format("broken: {} findings\n", report.findings.count());
    return out;
}

namespace {

std::string findings_json(const Findings& findings) {
    std::string out = "\"findings\":[";
    const char* comma = "";
    for (const Finding& finding : findings.list()) {
        fmt::format_to(
            std::back_inserter(out), "{}{{\"kind\":\"{}\",\"where\":{},\"sentence\":{}}}", comma,
            name(finding.kind), json_string(finding.where), json_string(finding.sentence));
        comma = ",";
    }
    out += "],\"finding_counts\":{";
    // Every kind is there, also with none: readers need not ask whether a member exists.
    for (std::size_t i = 0; i < finding_kind_count; ++i) {
        const auto kind = static_cast<FindingKind>(i);
        fmt::format_to(std::back_inserter(out), "{}\"{}\":{}", i == 0 ? "" : ",", name(kind),
                       findings.count(kind));
    }
    return out + "}";
}

std::string notes_json(const std::vector<std::string>& notes) {
    std::string out = "\"notes\":[";
    const char* comma = "";
    for (const std::string& note : notes) {
        out += comma + json_string(note);
        comma = ",";
    }
    return out + "]";
}

std::string currencies_json(const AuditFigures& figures) {
    std::string out = "\"currencies\":{";
    const char* comma = "";
    for (const auto& [currency, sums] : figures.currencies) {
        // Amounts are texts: most readers of JSON take numbers for doubles, exact to 2^53 only.
        fmt::format_to(std::back_inserter(out),
                       "{}\"{}\":{{\"accounts\":{},\"debits_posted\":\"{}\",\"credits_posted\":"
                       "\"{}\",\"debits_pending\":\"{}\",\"credits_pending\":\"{}\",\"trust\":"
                       "\"{}\",\"owed\":\"{}\",\"own\":\"{}\",\"outside\":\"{}\"}}",
                       comma, alphabetic_code(currency), sums.accounts, sums.debits_posted,
                       sums.credits_posted, sums.debits_pending, sums.credits_pending, sums.trust,
                       sums.owed, sums.own, sums.outside);
        comma = ",";
    }
    return out + "}";
}

}  // namespace

std::string json(const AuditReport& report) {
    const AuditFigures& figures = report.figures;
    return fmt::format(
        "{{\"clean\":{},{},{},\"journal\":{{\"last_sequence\":{},\"replayed_sequence\":{},"
        "\"batches\":{},\"events\":{},\"transfers\":{},\"refusals\":{},\"accounts\":{},"
        "\"open_reservations\":{},\"schemes\":{},\"settlements\":{},"
        "\"head_hash\":\"{}\",\"head_time\":\"{}\"}},"
        "\"snapshots_compared\":{},\"projection_sequence\":{},"
        "\"acks\":{{\"read\":{},\"repeated\":{},\"unrecorded\":{}}},{}}}",
        report.is_clean(), findings_json(report.findings), notes_json(report.notes),
        figures.last_sequence, figures.replayed_sequence, figures.batches, figures.events,
        figures.transfers, figures.refusals, figures.accounts, figures.open_reservations,
        figures.schemes, figures.settlements, hex(figures.head_hash), tuma::text(figures.head_time),
        figures.snapshots, figures.projection_sequence, figures.acks, figures.acks_repeated,
        figures.acks_unrecorded, currencies_json(figures));
}

namespace {

bool has_journal(const std::filesystem::path& directory, std::FILE* errors) {
    if (!std::filesystem::is_directory(directory)) {
        fmt::print(errors, "{}: there is no such directory\n", directory.string());
        return false;
    }
    // What was made of a journal that is gone makes its loss a finding.
    const bool had_journal = std::filesystem::exists(head_path(directory)) ||
                             std::filesystem::exists(projection_path(directory)) ||
                             !SnapshotFolder(directory).list().empty();
    if (list_segments(directory).empty() && !had_journal) {
        fmt::print(errors, "{}: there is no journal in it (journal-000001.sqlite)\n",
                   directory.string());
        return false;
    }
    return true;
}

}  // namespace

int run_audit(const AuditOptions& options, bool as_json, std::FILE* out, std::FILE* errors) {
    try {
        // Asked before the reader opens it: a wrong path must not look like books that are empty
        // and clean.
        if (!has_journal(options.data_directory, errors)) return 2;
        SqliteJournalReader journal(options.data_directory);
        const AuditReport report = audit(journal, options);
        fmt::print(out, "{}", as_json ? json(report) + "\n" : text(report));
        return report.is_clean() ? 0 : 1;
    } catch (const std::runtime_error& error) {
        // Unusable input and a store that fails say nothing about the books, so they are no
        // findings.
        fmt::print(errors, "{}\n", error.what());
        return 2;
    }
}

}  // namespace tuma::ledger
