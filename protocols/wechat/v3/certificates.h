// The platform's certificates: told to merchants, encrypted for them, and renewed.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/wire/call.h"

namespace tuma::wechat {

/// GET /v3/certificates.
protocols::Answer list_certificates(const CallPtr& call);

/// POST /wechat/platform/rotate, not WeChat's: makes another certificate, which signs after 24
/// hours, or with ?at_once=1 from now on. The older ones stay in the list until they expire; no
/// more than five are kept. Not signed, not authenticated: it belongs on loopback.
protocols::Answer rotate_certificate(const CallPtr& call);

/// A key pair for the platform with a certificate of five years by the clocks `outside`;
/// `signs_from` is switch time.
PlatformCertificate make_platform_certificate(const protocols::Entropy& entropy, Timestamp outside,
                                              Timestamp signs_from);

}  // namespace tuma::wechat
