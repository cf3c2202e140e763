#include "session.h"

#include "fake_server.h"
#include "json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ovs::Deadline;
using ovs::Session;
using ovs::test::FakeServer;
using ovs::test::Peer;
using tenon::Json;
using tenon::Result;
using testing::HasSubstr;

constexpr auto kPatient = 60s;
constexpr auto kShort = 100ms;

Session connect(const FakeServer& server, std::chrono::milliseconds limit = kPatient) {
  return Session::open(server.address(), Deadline(limit)).value();
}

Json operations(int count) {
  Json list = Json::array();
  for (int i = 0; i < count; ++i) list.push(Json::object().add("op", "comment").add("comment", i));
  return list;
}

/// What one call makes of a server.
Result<Json> call_of(FakeServer::Script script, std::chrono::milliseconds limit = kPatient) {
  FakeServer server(std::move(script));
  Session session = connect(server, limit);
  return session.call("list_dbs", Json::array());
}

Result<Json::Array> transact_of(const std::string& result, int count) {
  FakeServer server([&](Peer& peer) { peer.answer(result); });
  Session session = connect(server);
  return session.transact("Open_vSwitch", operations(count));
}

TEST(OvsdbSession, asks_as_the_rfc_says_and_returns_the_result) {
  std::string asked;
  auto result = call_of([&](Peer& peer) {
    auto request = peer.receive();
    asked = ovs::json_text(*request);
    peer.send(Peer::reply_to(*request, R"(["Open_vSwitch"])"));
  });
  EXPECT_EQ(ovs::json_text(result.value()), R"(["Open_vSwitch"])");
  EXPECT_EQ(asked, R"({"id":1,"method":"list_dbs","params":[]})");
}

TEST(OvsdbSession, reads_an_answer_that_comes_byte_by_byte) {
  auto result = call_of([&](Peer& peer) {
    const std::string reply = Peer::reply_to(*peer.receive(), R"("whole")");
    for (char byte : reply) peer.send({&byte, 1});
  });
  EXPECT_EQ(result.value(), Json("whole"));
}

TEST(OvsdbSession, reads_an_answer_of_megabytes) {
  const std::string big(5 << 20, 'x');
  auto result = call_of([&](Peer& peer) { peer.answer("\"" + big + "\""); });
  EXPECT_EQ(result.value(), Json(big));
}

TEST(OvsdbSession, answers_an_echo_that_comes_in_one_read_with_the_answer) {
  Json echoed;
  auto result = call_of([&](Peer& peer) {
    const Json request = *peer.receive();
    peer.send(R"({"id":"echo","method":"echo","params":["a",1]})" + Peer::reply_to(request, "7"));
    echoed = *peer.receive();
  });
  EXPECT_EQ(result.value(), Json(7));
  EXPECT_EQ(ovs::json_text(echoed), R"({"id":"echo","result":["a",1],"error":null})");
}

TEST(OvsdbSession, answers_an_echo_while_the_server_waits_for_that) {
  auto result = call_of([&](Peer& peer) {
    const Json request = *peer.receive();
    peer.send(R"({"id":"echo","method":"echo","params":[]})");
    if (peer.receive()) peer.send(Peer::reply_to(request, "7"));
  });
  EXPECT_EQ(result.value(), Json(7));
}

TEST(OvsdbSession, refuses_methods_that_it_does_not_have) {
  Json refused;
  auto result = call_of([&](Peer& peer) {
    const Json request = *peer.receive();
    peer.send(R"({"id":3,"method":"steal","params":[]})");
    refused = *peer.receive();
    peer.send(Peer::reply_to(request, "7"));
  });
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(ovs::json_text(refused), R"({"id":3,"result":null,"error":"unknown method"})");
}

TEST(OvsdbSession, keeps_updates_that_come_before_an_answer) {
  FakeServer server([](Peer& peer) {
    const Json request = *peer.receive();
    peer.send(R"({"id":null,"method":"update","params":["m",{"first":1}]})"
              R"({"id":null,"method":"other","params":[]})" +
              Peer::reply_to(request, "7") + R"({"id":null,"method":"update","params":["m",{"second":2}]})");
    peer.keep_silent();
  });
  Session session = connect(server);
  EXPECT_EQ(session.call("monitor", Json::array()).value(), Json(7));
  EXPECT_EQ(ovs::json_text(session.next_update().value()), R"({"first":1})");
  EXPECT_EQ(ovs::json_text(session.next_update().value()), R"({"second":2})");
}

TEST(OvsdbSession, does_not_wait_longer_than_its_deadline_for_a_silent_server) {
  const auto begin = std::chrono::steady_clock::now();
  auto result = call_of([](Peer& peer) { peer.keep_silent(); }, kShort);
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "OVS.1002");
  EXPECT_THAT(result.error().details, HasSubstr("within 100 ms"));
  EXPECT_GE(took, kShort);
  EXPECT_LT(took, 30s);
}

TEST(OvsdbSession, does_not_wait_for_ever_for_the_rest_of_an_answer) {
  auto result = call_of(
      [](Peer& peer) {
        peer.send(Peer::reply_to(*peer.receive(), "7").substr(0, 10));
        peer.keep_silent();
      },
      kShort);
  EXPECT_EQ(result.error().code, "OVS.1002");
}

TEST(OvsdbSession, does_not_listen_for_ever_to_a_server_that_only_echoes) {
  auto result = call_of(
      [](Peer& peer) {
        do peer.send(R"({"id":"echo","method":"echo","params":[]})");
        while (peer.receive());
      },
      kShort);
  EXPECT_EQ(result.error().code, "OVS.1002");
}

TEST(OvsdbSession, does_not_wait_for_ever_for_a_server_that_does_not_read) {
  FakeServer server([](Peer& peer) { peer.freeze(); });
  Session session = connect(server, kShort);
  auto result = session.call("transact", Json(std::string(8 << 20, 'x')));
  EXPECT_EQ(result.error().code, "OVS.1002");
}

TEST(OvsdbSession, does_not_wait_for_ever_to_be_let_in) {
  const FakeServer server;
  const sockaddr_un name = server.name();
  std::vector<ovs::Descriptor> crowd;
  do {
    crowd.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  } while (::connect(crowd.back().get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  ASSERT_EQ(errno, EAGAIN);
  EXPECT_EQ(Session::open(server.address(), Deadline(kShort)).error().code, "OVS.1002");
}

TEST(OvsdbSession, says_that_there_is_no_server) {
  auto session = Session::open("unix:/nonexistent/db.sock", Deadline(kPatient));
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.error().to_string(),
            "OVS.1001: the Open vSwitch database can't be reached: unix:/nonexistent/db.sock: "
            "No such file or directory");
}

TEST(OvsdbSession, says_that_it_can_not_use_an_address) {
  EXPECT_EQ(Session::open("tcp:127.0.0.1:6640", Deadline(kPatient)).error().code, "OVS.1001");
  EXPECT_EQ(Session::open("unix:/" + std::string(200, 'x'), Deadline(kPatient)).error().code, "OVS.1001");
}

TEST(OvsdbSession, says_that_the_connection_was_closed) {
  EXPECT_EQ(call_of([](Peer& peer) { peer.receive(); }).error().code, "OVS.1003");
}

TEST(OvsdbSession, says_that_the_connection_was_closed_within_an_answer) {
  auto result = call_of([](Peer& peer) { peer.send(Peer::reply_to(*peer.receive(), "7").substr(0, 10)); });
  EXPECT_EQ(result.error().code, "OVS.1003");
}

class NotUnderstood : public testing::TestWithParam<const char*> {};

TEST_P(NotUnderstood, is_an_error_of_its_own) {
  auto result = call_of([](Peer& peer) {
    peer.receive();
    peer.send(GetParam());
    peer.keep_silent();
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "OVS.1004") << result.error().to_string();
}

INSTANTIATE_TEST_SUITE_P(OvsdbSession, NotUnderstood,
                         testing::Values("SSH-2.0-OpenSSH_9.2\r\n", R"({"id":1,"result":tru})",
                                         R"({"id":1,"result":7)"
                                         "]",
                                         R"({"id":2,"result":7,"error":null})", R"({"id":1,"error":null})",
                                         R"({"id":5,"method":7,"params":[]})", "{}"));

TEST(OvsdbSession, tells_why_a_method_was_refused) {
  auto result = call_of([](Peer& peer) { peer.answer_error(R"({"error":"unknown database","details":"no x"})"); });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().to_string(),
            "OVS.1005: the Open vSwitch database refuses a request: unknown database: no x");
  EXPECT_EQ(result.error().elaboration.at("ovsdb.error"), "unknown database");
}

TEST(OvsdbSession, can_be_used_on_after_a_refusal) {
  FakeServer server([](Peer& peer) {
    peer.answer_error(R"("unknown method")");
    peer.answer("7");
  });
  Session session = connect(server);
  EXPECT_EQ(session.call("nonsense", Json::array()).error().elaboration.at("ovsdb.error"), "unknown method");
  EXPECT_EQ(session.call("list_dbs", Json::array()).value(), Json(7));
}

TEST(OvsdbTransaction, returns_one_result_for_each_operation) {
  EXPECT_EQ(transact_of(R"([{},{"count":1}])", 2).value().size(), 2u);
}

TEST(OvsdbTransaction, tells_which_operation_failed) {
  auto result = transact_of(R"([{},{"error":"timed out","details":"\"where\" clause test failed"},null])", 3);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, "OVS.1005");
  EXPECT_EQ(result.error().elaboration.at("ovsdb.operation"), "2");
  EXPECT_TRUE(ovs::is_conflict(result.error()));
}

TEST(OvsdbTransaction, tells_of_a_commit_that_failed) {
  auto result = transact_of(R"([{},{"count":1},{"error":"referential integrity violation","details":"x"}])", 2);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().elaboration.at("ovsdb.error"), "referential integrity violation");
  EXPECT_FALSE(ovs::is_conflict(result.error()));
}

TEST(OvsdbTransaction, does_not_believe_results_that_do_not_match_the_operations) {
  for (const char* result : {R"([{}])", R"([{},{},{}])", R"([{},null])", R"({})", R"("done")"}) {
    EXPECT_EQ(transact_of(result, 2).error().code, "OVS.1004") << result;
  }
}

}  // namespace
