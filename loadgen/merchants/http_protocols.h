// Which protocols over HTTP can be driven: one row each.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "loadgen/client/socket.h"
#include "loadgen/merchants/http_dialect.h"
#include "loadgen/merchants/plain_request.h"
#include "loadgen/merchants/signed_stock.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// What a run wants of its merchant, whatever the protocol.
struct MerchantPlan {
    Endpoint target;
    std::filesystem::path client_file;         ///< as `tuma serve` writes it into DATA/clients
    std::uint64_t seed = 0;                    ///< another one means other orders
    std::optional<std::uint32_t> customers{};  ///< where customers are asked in turn
    Duration act_after{0};                     ///< when the simulated customer acts
    std::uint32_t verify_each = 10;            ///< signatures; 0: none
    PlainRequest plain{};                      ///< of plain HTTP
    Duration set_up_timeout{};                 ///< of each request before the run
    StockSettings stock{};                     ///< where requests are signed ahead
};

/// Told while a merchant gets ready.
struct Preparation {
    std::function<void(std::string_view what, std::uint64_t done, std::uint64_t of)> step;
    std::function<void(const std::string&)> say;
};

/// The protocol that is HTTP and nothing more.
inline constexpr std::string_view plain_http_protocol = "http";

/// Makes the merchant of one run; its plan may have another seed and another stock.
using MakeMerchant = std::function<std::unique_ptr<HttpDialect>(const MerchantPlan&)>;

/// One protocol.
struct HttpProtocol {
    std::string_view name;         ///< of --target: "mpesa"
    std::string_view scenario;     ///< what a run of it plays, for the report
    std::string_view sentence;     ///< the same for people
    std::string_view client_file;  ///< its name in DATA/clients; empty: it needs none
    Duration run_max{};            ///< how long what is prepared is good; 0: for ever
    /// Reads the client file and does what has to be done once before all runs. Refuses what the
    /// file has wrong; throws ConnectionError.
    Result<MakeMerchant> (*prepare)(const MerchantPlan&, const Preparation&) = nullptr;

    /// Somebody is known by a client file, and called back.
    bool has_merchant() const { return !client_file.empty(); }
};
std::span<const HttpProtocol> http_protocols();
/// The row of a name, or null.
const HttpProtocol* find_http_protocol(std::string_view name);

}  // namespace tuma::loadgen
