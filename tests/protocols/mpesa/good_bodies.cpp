#include "tests/protocols/mpesa/good_bodies.h"

#include "tests/protocols/mpesa/daraja.h"

namespace tuma::testing {

namespace json = boost::json;

namespace {

std::vector<Member> initiated_members(std::vector<Member> more) {
    std::vector<Member> all{{"Initiator", Takes::for_told}, {"SecurityCredential", Takes::for_told},
                            {"CommandID", Takes::for_told}, {"Remarks", Takes::freely},
                            {"ResultURL", Takes::exactly},  {"QueueTimeOutURL", Takes::exactly},
                            {"Occasion", Takes::maybe}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

GoodBody register_body(const char* path) {
    return {path,
            {{"ShortCode", "600984"},
             {"ResponseType", "Completed"},
             {"ConfirmationURL", "http://127.0.0.1:9/c"},
             {"ValidationURL", "http://127.0.0.1:9/v"}},
            {{"ShortCode", Takes::exactly},
             {"ResponseType", Takes::exactly},
             {"ConfirmationURL", Takes::exactly},
             {"ValidationURL", Takes::exactly}}};
}

GoodBody simulate_body(const char* path) {
    return {path,
            {{"ShortCode", "600984"},
             {"CommandID", "CustomerPayBillOnline"},
             {"Amount", 10},
             {"Msisdn", 254708374149},
             {"BillRefNumber", "INV1"}},
            {{"ShortCode", Takes::exactly},
             {"CommandID", Takes::exactly},
             {"Amount", Takes::exactly},
             {"Msisdn", Takes::exactly},
             {"BillRefNumber", Takes::freely}}};
}

GoodBody identity_body(const char* path) {
    return {path, {{"customerNumber", sandbox_customer}}, {{"customerNumber", Takes::exactly}}};
}

GoodBody express_body() {
    return {"/v1/ussdpush/get-msisdn",
            {{"primaryShortCode", "5001000"},
             {"receiverShortCode", "600984"},
             {"amount", 71},
             {"paymentRef", "INV"},
             {"callbackUrl", "http://127.0.0.1:9/e"},
             {"partnerName", "Vendor"},
             {"RequestRefID", "404e1aec"}},
            {{"primaryShortCode", Takes::exactly},
             {"receiverShortCode", Takes::exactly},
             {"amount", Takes::exactly},
             {"paymentRef", Takes::freely},
             {"callbackUrl", Takes::exactly},
             {"partnerName", Takes::freely},
             {"RequestRefID", Takes::freely}}};
}

// Of days that are far ahead, so that nobody is charged meanwhile.
GoodBody standing_body() {
    return {"/standingorder/v1/createStandingOrderExternal",
            {{"StandingOrderName", "Phone"},
             {"StartDate", "20361101"},
             {"EndDate", "20371101"},
             {"BusinessShortCode", "174379"},
             {"TransactionType", "Standing Order Customer Pay Bill"},
             {"ReceiverPartyIdentifierType", "4"},
             {"Amount", 4500},
             {"PartyA", sandbox_customer},
             {"CallBackURL", "http://127.0.0.1:9/s"},
             {"AccountReference", "Test"},
             {"TransactionDesc", "Test"},
             {"Frequency", "4"}},
            {{"StandingOrderName", Takes::freely},
             {"StartDate", Takes::exactly},
             {"EndDate", Takes::exactly},
             {"BusinessShortCode", Takes::exactly},
             {"TransactionType", Takes::exactly},
             {"ReceiverPartyIdentifierType", Takes::exactly},
             {"Amount", Takes::exactly},
             {"PartyA", Takes::exactly},
             {"CallBackURL", Takes::exactly},
             {"AccountReference", Takes::freely},
             {"TransactionDesc", Takes::freely},
             {"Frequency", Takes::exactly}}};
}

GoodBody push_body() {
    return {"/mpesa/stkpush/v1/processrequest",
            json::parse(stk_body(sandbox_customer, 10)).get_object(),
            {{"BusinessShortCode", Takes::exactly},
             {"Password", Takes::exactly},
             {"Timestamp", Takes::exactly},
             {"TransactionType", Takes::exactly},
             {"Amount", Takes::exactly},
             {"PartyA", Takes::exactly},
             {"PartyB", Takes::exactly},
             {"PhoneNumber", Takes::exactly},
             {"CallBackURL", Takes::exactly},
             {"AccountReference", Takes::freely},
             {"TransactionDesc", Takes::freely}}};
}

}  // namespace

json::object initiated(const char* command, const json::object& more) {
    json::object body{{"Initiator", "testapi"},
                      {"SecurityCredential", credential("Safaricom999!*!")},
                      {"CommandID", command},
                      {"Remarks", "good"},
                      {"QueueTimeOutURL", "http://127.0.0.1:9/t"},
                      {"ResultURL", "http://127.0.0.1:9/r"},
                      {"Occasion", "none"}};
    for (const auto& member : more) body[member.key()] = member.value();
    return body;
}

GoodBody b2b_body(const char* path, const char* command, const char* receiver, Takes reference) {
    return {path,
            initiated(command, {{"SenderIdentifierType", "4"},
                                {"RecieverIdentifierType", "4"},
                                {"Amount", 100},
                                {"PartyA", "600000"},
                                {"PartyB", receiver},
                                {"AccountReference", "INV"},
                                {"Requester", sandbox_customer}}),
            initiated_members({{"SenderIdentifierType", Takes::maybe_exactly},
                               {"RecieverIdentifierType", Takes::maybe_exactly},
                               {"Amount", Takes::exactly},
                               {"PartyA", Takes::exactly},
                               {"PartyB", Takes::exactly},
                               {"AccountReference", reference},
                               {"Requester", Takes::maybe}})};
}

GoodBody b2c_body(const char* path, const char* command, const char* payer, Takes originator) {
    GoodBody one{path,
                 initiated(command, {{"OriginatorConversationID", "mine"},
                                     {"Amount", 100},
                                     {"PartyA", payer},
                                     {"PartyB", sandbox_customer}}),
                 initiated_members({{"OriginatorConversationID", originator},
                                    {"Amount", Takes::exactly},
                                    {"PartyA", Takes::exactly},
                                    {"PartyB", Takes::exactly}})};
    one.body["InitiatorName"] = one.body["Initiator"];
    one.body.erase("Initiator");
    one.members.front().name = "InitiatorName";
    return one;
}

GoodBody query_body(const char* path) {
    return {path,
            {{"BusinessShortCode", 174379},
             {"Password", stk_password("174379", "20261002181102")},
             {"Timestamp", "20261002181102"},
             {"CheckoutRequestID", "ws_CO_02102026181102123708374149"}},
            {{"BusinessShortCode", Takes::exactly},
             {"Password", Takes::exactly},
             {"Timestamp", Takes::exactly},
             {"CheckoutRequestID", Takes::exactly}}};
}

std::vector<GoodBody> good_bodies(const std::string& receipt) {
    return {
        push_body(),
        query_body("/mpesa/stkpushquery/v1/query"),
        query_body("/mpesa/stkpush/v1/query"),
        register_body("/mpesa/c2b/v1/registerurl"),
        register_body("/mpesa/c2b/v2/registerurl"),
        simulate_body("/mpesa/c2b/v1/simulate"),
        simulate_body("/mpesa/c2b/v2/simulate"),
        b2c_body("/mpesa/b2c/v1/paymentrequest", "BusinessPayment", "600966", Takes::maybe),
        b2c_body("/mpesa/b2c/v3/paymentrequest", "SalaryPayment", "600980", Takes::freely),
        b2c_body("/mpesa/b2pochi/v1/paymentrequest", "BusinessPayToPochi", "600981", Takes::maybe),
        b2b_body("/mpesa/b2b/v1/paymentrequest", "BusinessPayBill", "600984", Takes::maybe),
        b2b_body("/mpesa/b2b/v1/remittax", "PayTaxToKRA", "572572", Takes::freely),
        {"/mpesa/accountbalance/v1/query",
         initiated("AccountBalance", {{"PartyA", "600000"}, {"IdentifierType", 4}}),
         initiated_members({{"PartyA", Takes::exactly}, {"IdentifierType", Takes::exactly}})},
        {"/mpesa/transactionstatus/v1/query",
         initiated("TransactionStatusQuery",
                   {{"PartyA", "174379"}, {"IdentifierType", "4"}, {"TransactionID", receipt}}),
         initiated_members({{"PartyA", Takes::exactly},
                            {"IdentifierType", Takes::exactly},
                            {"TransactionID", Takes::for_told}})},
        {"/mpesa/reversal/v1/request",
         initiated("TransactionReversal", {{"TransactionID", receipt},
                                           {"Amount", 10},
                                           {"ReceiverParty", "174379"},
                                           {"RecieverIdentifierType", "11"}}),
         initiated_members({{"TransactionID", Takes::for_told},
                            {"Amount", Takes::exactly},
                            {"ReceiverParty", Takes::exactly},
                            {"RecieverIdentifierType", Takes::exactly}})},
        {"/mpesa/qrcode/v1/generate",
         {{"MerchantName", "SHOP"},
          {"RefNo", "INV"},
          {"Amount", 1},
          {"TrxCode", "BG"},
          {"CPI", "373132"},
          {"Size", "300"}},
         {{"MerchantName", Takes::freely},
          {"RefNo", Takes::freely},
          {"Amount", Takes::exactly},
          {"TrxCode", Takes::exactly},
          {"CPI", Takes::freely},
          {"Size", Takes::maybe_exactly}}},
        {"/sfcverify/v1/query/info",
         {{"IdentifierType", "4"}, {"Identifier", "174379"}},
         {{"IdentifierType", Takes::exactly}, {"Identifier", Takes::exactly}}},
        identity_body("/imsi/v1/checkATI"),
        identity_body("/imsi/v2/checkATI"),
        identity_body("/registration/lookup/v1/checkATI"),
        {"/pulltransactions/v1/register",
         {{"ShortCode", "174379"},
          {"RequestType", "Pull"},
          {"NominatedNumber", "0722000000"},
          {"CallBackURL", "http://127.0.0.1:9/p"}},
         {{"ShortCode", Takes::exactly},
          {"RequestType", Takes::exactly},
          {"NominatedNumber", Takes::exactly},
          {"CallBackURL", Takes::exactly}}},
        express_body(),
        standing_body(),
    };
}

}  // namespace tuma::testing
