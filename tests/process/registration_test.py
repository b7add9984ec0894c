"""What can be registered once only, asked for by many at one moment: one gets through, the others are told so."""
import collections
import http.client
import json
import threading
import uuid

import daraja
import program

CALLERS = 16
NOBODY = "http://127.0.0.1:9/nobody"


class Registration(program.ProcessTest):
    def setUp(self):
        super().setUp()
        self.server = self.start("--http=127.0.0.1:0", "--set=mpesa.urls_once=true")
        self.merchant = daraja.Merchant(self.server.http_port, self.data / "clients")
        self.merchant.authorize()

    def asked_together(self, path, headers, body):
        """How often each answer came, as (status, JSON or nothing)."""
        answers, begin = [], threading.Barrier(CALLERS)

        def ask():
            connection = http.client.HTTPConnection("127.0.0.1", self.server.http_port, timeout=program.PATIENCE_S)
            connection.connect()
            begin.wait()
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
            reply = connection.getresponse()
            answers.append((reply.status, json.loads(reply.read() or b"null")))
            connection.close()

        callers = [threading.Thread(target=ask) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        return answers

    def told_together(self, path, body, member):
        answers = self.asked_together(path, {"Authorization": f"Bearer {self.merchant.token}"}, body)
        return collections.Counter(answer.get(member, "app_key" if "app_key" in answer else None)
                                   for _, answer in answers)

    def test_a_business_opts_in_once(self):
        for number in ("174379", "600984", "600000"):
            body = {"shortcode": number, "email": "shop@example.com", "officialContact": "0710123456",
                    "sendReminders": "1", "callbackurl": NOBODY}
            self.assertEqual({"app_key": 1, "Biller already Registered": CALLERS - 1},
                             self.told_together("/v1/billmanager-invoice/optin", body, "Status_Message"))

    def test_a_shortcode_is_registered_for_pull_once(self):
        for number in ("174379", "600984", "600000"):
            body = {"ShortCode": number, "RequestType": "Pull", "NominatedNumber": "0722000000", "CallBackURL": NOBODY}
            self.assertEqual({"1000": 1, "1001": CALLERS - 1},
                             self.told_together("/pulltransactions/v1/register", body, "Response Status"))

    def test_urls_are_registered_once(self):
        for number in ("174379", "600984", "600000"):
            body = {"ShortCode": number, "ResponseType": "Completed", "ConfirmationURL": NOBODY,
                    "ValidationURL": NOBODY}
            self.assertEqual({None: 1, "Urls are already registered.": CALLERS - 1},
                             self.told_together("/mpesa/c2b/v2/registerurl", body, "errorMessage"))

    def test_an_api_user_is_made_once(self):
        key = json.loads((self.data / "clients" / "mtn-momo.json").read_text())["collection_key"]
        for _ in range(10):
            answers = self.asked_together(
                "/v1_0/apiuser", {"Ocp-Apim-Subscription-Key": key, "X-Reference-Id": str(uuid.uuid4())},
                {"providerCallbackHost": "clinic.com"})
            self.assertEqual({201: 1, 409: CALLERS - 1}, collections.Counter(status for status, _ in answers))


if __name__ == "__main__":
    program.main()
