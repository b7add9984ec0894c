#include "loadgen/peers/pg_connection.h"

#include "loadgen/peers/pg_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace tuma::loadgen {
namespace {

struct OptionsCloser {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using PgOptions = std::unique_ptr<PQconninfoOption, OptionsCloser>;

/// libpq ends its messages with a line feed, and long ones have several lines.
std::string one_line(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    std::string line(text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
}

/// The parameters that were given, as keywords and values.
Result<std::vector<std::pair<std::string, std::string>>> read_parameters(
    const std::string& parameters) {
    char* complaint = nullptr;
    const PgOptions options(PQconninfoParse(parameters.c_str(), &complaint));
    if (!options) {
        const std::string reason = complaint != nullptr ? one_line(complaint) : "out of memory";
        PQfreemem(complaint);
        return InputError{"--pg", reason};
    }
    std::vector<std::pair<std::string, std::string>> given;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
        if (option->val != nullptr) given.emplace_back(option->keyword, option->val);
    return given;
}

void say_nothing(void*, const char*) {}

}  // namespace

std::optional<InputError> check_pg_parameters(const std::string& parameters) {
    const auto given = read_parameters(parameters);
    if (!given) return given.error();
    for (const auto& [keyword, value] : *given) {
        if (keyword == "host" || keyword == "hostaddr" || keyword == "port")
            return InputError{"--pg", keyword + " belongs to --target=pg:HOST:PORT"};
        if (keyword == "password")
            return InputError{"--pg",
                              "a password would be in the report; set PGPASSWORD or use "
                              "~/.pgpass"};
        if (keyword == "service" || keyword == "replication")
            return InputError{"--pg", keyword + " is not for a load; leave it out"};
    }
    return std::nullopt;
}

PgConnection connect_pg(const PeerPlan& plan) {
    auto given = read_parameters(plan.pg_parameters);
    ensure(given.has_value(), "the command line has read them before");
    auto parameters = std::move(given).value();
    const auto timeout = std::chrono::ceil<std::chrono::seconds>(plan.timeout).count();
    parameters.emplace_back("host", plan.target.host);
    parameters.emplace_back("port", fmt::format("{}", plan.target.port));
    parameters.emplace_back("connect_timeout",
                            fmt::format("{}", std::max<std::int64_t>(timeout, 2)));
    parameters.emplace_back("fallback_application_name", "tuma-load");
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& parameter : parameters) {
        keywords.push_back(parameter.first.c_str());
        values.push_back(parameter.second.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    PgConnection connection(PQconnectdbParams(keywords.data(), values.data(), 0));
    if (!connection || PQstatus(connection.get()) != CONNECTION_OK)
        throw ConnectionError(
            fmt::format("pg:{}: {}", plan.target.text(),
                        connection ? pg_complaint(connection.get()) : "out of memory"));
    // Notices are for people at a prompt, and would go to standard error.
    PQsetNoticeProcessor(connection.get(), say_nothing, nullptr);
    return connection;
}

std::string pg_complaint(const PGconn* connection) {
    const std::string line = one_line(PQerrorMessage(connection));
    return line.empty() ? "the server closed the connection" : line;
}

PgResult pg_run(PGconn* connection, const std::string& statement, std::string_view what) {
    PgResult result(PQexec(connection, statement.c_str()));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
    if (PQstatus(connection) != CONNECTION_OK)
        throw ConnectionError(fmt::format("PostgreSQL: {}", pg_complaint(connection)));
    if (what.empty()) what = std::string_view(statement).substr(0, statement.find('\n'));
    throw SetUpError(fmt::format("PostgreSQL refuses \"{}\": {}", what, pg_complaint(connection)));
}

std::string pg_value(PGconn* connection, const std::string& statement) {
    const PgResult result = pg_run(connection, statement);
    if (PQntuples(result.get()) == 0 || PQgetisnull(result.get(), 0, 0) != 0) return {};
    return PQgetvalue(result.get(), 0, 0);
}

}  // namespace tuma::loadgen
