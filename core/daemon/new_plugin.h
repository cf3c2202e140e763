#pragma once

#include "daemon/options.h"

namespace tenon::daemon {

/// `tenond --new NAME`: writes the folder of a plugin that builds, has a test, and can be installed, from one of the
/// installed templates. Prints what to do next; the exit status, 0 or 1. What fails leaves nothing behind.
///
/// A template is a plugin named `acme`: its files are copied with this word, `Acme` and `ACME` replaced, in what they
/// say and in what they are called.
[[nodiscard]] int new_plugin(const NewPluginOptions& options);

}  // namespace tenon::daemon
