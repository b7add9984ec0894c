#include "switch/setup/load_schemes.h"

#include "ledger/records/sha256.h"
#include "switch/core/rules/scheme_bytes.h"
#include "switch/files/calendar_file.h"
#include "switch/ops/log.h"
#include "switch/setup/own_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

namespace tuma {
namespace {

using net::log_event;
using net::LogLevel;

ledger::Identity label(std::string_view text) {
    const auto made = ledger::make_identity(text);
    // The reader of scheme files has checked both, so a failure here is a mistake in the program.
    ensure(made.has_value(), "a checked scheme's name and version are identities");
    return *made;
}

// Unlike any earlier load, so that going back to an older version is a load like another.
core::Request load_request(const SchemeFile& file, std::vector<std::byte> content,
                           std::uint64_t sequence) {
    ledger::Sha256 hash;
    hash.update(std::as_bytes(std::span{&sequence, 1}));
    hash.update(content);
    const ledger::Hash digest = hash.finish();
    core::Request request;
    // The hash serves both as the key and as the digest; nobody outside ever sends this request.
    std::memcpy(request.key.reference.data(), digest.data(), request.key.reference.size());
    std::memcpy(request.digest.data(), digest.data() + request.key.reference.size(),
                request.digest.size());
    core::LoadScheme load;
    load.name = label(file.scheme.name);
    load.scheme_version = label(file.scheme.version);
    load.source_hash = file.source_hash;
    load.content = std::make_shared<const std::vector<std::byte>>(std::move(content));
    request.command = std::move(load);
    return request;
}

std::string class_list(const core::Scheme& scheme) {
    std::string list;
    for (std::size_t i = 0; i < scheme.classes.size(); ++i)
        list += fmt::format("{}{} {}", i == 0 ? "" : ", ", i, scheme.classes[i].name);
    return list;
}

// A start without the file would let days off become days of business unseen.
void warn_of_lost_holidays(const core::Scheme& wanted, const ledger::SchemeLoaded* loaded) {
    if (loaded == nullptr || !wanted.calendar.holidays().empty()) return;
    const Result<core::Scheme> before = core::read_scheme(loaded->content);
    if (!before || before->calendar.holidays().empty()) return;
    log_event(LogLevel::warn, "holidays_lost",
              {{"scheme", wanted.name},
               {"calendar", before->calendar.name()},
               {"holidays", std::uint64_t{before->calendar.holidays().size()}},
               {"what",
                "banks rest on weekends only from now on; give --holidays=FILE at every "
                "start to keep them"}});
}

}  // namespace

Result<std::vector<SchemeFile>> read_schemes(const std::string& list, const std::string& holidays) {
    // Also where no scheme names a calendar, a file that cannot be used is told.
    const Result<core::Calendar> weekends = read_calendar(holidays, "");
    if (!weekends)
        return InputError{"--holidays=" + weekends.error().field, weekends.error().reason};
    std::vector<SchemeFile> schemes;
    std::string_view rest = list;
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const std::string name{rest.substr(0, comma)};
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        Result<SchemeFile> file = find_scheme(name, holidays);
        if (!file) return file.error();
        const auto same = [&](const SchemeFile& other) {
            return other.scheme.name == file->scheme.name;
        };
        // The second would take the place of the first without a word.
        if (std::any_of(schemes.begin(), schemes.end(), same))
            return InputError{
                "--schemes", fmt::format("'{}' is there twice; name each once", file->scheme.name)};
        schemes.push_back(std::move(file).value());
    }
    return schemes;
}

void load_schemes(net::Engine& engine, const core::Switch& core,
                  const std::vector<SchemeFile>& schemes) {
    for (const SchemeFile& file : schemes) {
        const ledger::State& state = core.state();
        std::vector<std::byte> content = core::scheme_bytes(file.scheme);
        // Asked of the state, not of a file: the journal decides which version is in force.
        const ledger::SchemeLoaded* loaded =
            state.terms.find(state.terms.find(label(file.scheme.name)));
        warn_of_lost_holidays(file.scheme, loaded);
        // Content and not version: an author may change a figure and forget the version.
        const bool is_in_force = loaded != nullptr && loaded->content == content;
        std::uint64_t number = is_in_force ? loaded->head.id.value : 0;
        if (!is_in_force) {
            const core::Outcome outcome =
                ask(engine, load_request(file, std::move(content), state.position.sequence));
            // A start that went on with another tariff than was asked for would charge wrong fees.
            if (outcome.code != Refusal::none)
                throw std::runtime_error(fmt::format(
                    "--schemes: {} {} is refused: {} It must keep the currency and the classes of "
                    "the version in the journal, in their order; new ones go to the end.",
                    file.scheme.name, file.scheme.version, sentence(outcome.code)));
            number = outcome.id;
        }
        // Accounts are opened by these numbers, so the log names them whether or not anything was
        // loaded.
        log_event(LogLevel::info, "scheme",
                  {{"name", file.scheme.name},
                   {"version", file.scheme.version},
                   {"number", number},
                   {"loaded", is_in_force ? "before" : "now"},
                   {"classes", class_list(file.scheme)}});
    }
}

}  // namespace tuma
