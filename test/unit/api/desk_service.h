#pragma once

#include <filesystem>
#include <string>

#include "support/loading.h"

namespace tenon::test {

/// The service of the test plugin `desk`. `question`: more of its message desk.Question; `messages`: more messages.
[[nodiscard]] inline std::string desk_service(const std::string& question = {}, const std::string& messages = {}) {
  return R"(<service>
  <id>Desk</id>
  <message>
    <name>desk.Question</name>
    <description>Ask</description>
    <field name="topic" min-length="2">About what</field>
    <field name="pages" max="9">How many</field>
    )" + question +
         R"(
    <route method="POST" path="/v1/topics/{topic}/questions" status="201"/>
  </message>
  <message><name>desk.Read</name><route method="GET" path="/v1/topics/{topic}"/><command>topic read</command></message>
  <message>
    <name>desk.Clear</name><route method="DELETE" path="/v1/topics/{topic}"/><role>admin</role>
  </message>
  <message><name>desk.Ignore</name><route method="POST" path="/v1/ignored"/><timeout>20ms</timeout></message>
  <message>
    <name>desk.Copy</name><route method="POST" path="/v1/copies"/>
    <run chain="copy" reply="copy"><input key="text" field="text"/></run>
  </message>
  )" + messages +
         "</service>";
}

/// What the service needs: the library, the beans `Desk` and `Stamp`, the chain `copy`. Needs TEST_PLUGINS.
inline void write_desk(LoadingFolder& folder) {
  folder.library(std::filesystem::path(TEST_PLUGINS) / "desk.so");
  folder.beans("desk.xml",
               R"(<tenon:library name="desk" version="1.0.0" file="desk.so"/><bean id="Desk" class="desk.Desk"/>)"
               R"(<bean id="Stamp" class="desk.Stamp"/>)");
  folder.descriptor("chains/c.xml",
                    R"(<chains><chain name="copy"><input key="text"/><flow class="desk.MakeCopy"/></chain></chains>)");
}

}  // namespace tenon::test
