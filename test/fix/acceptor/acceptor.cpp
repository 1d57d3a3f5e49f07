// A FIX acceptor on QuickFIX that behaves by the symbol of the order, for what QuickFIX's own examples do not do:
// market orders, partial fills, late fills, repeated fills, silence, lost answers. FIX 4.2 and 4.4.
//
//   FILL  fills at once            PART  fills 40, keeps the rest        REST  stays open
//   LATE  fills when cancelled     DUPE  tells its fill twice            NOPE  refuses
//   HUSH  fills, and says nothing  MUTE  drops the order in silence      DROP  fills, and cuts the line first
//
// Each NewOrderSingle is written to standard output as "D <ClOrdID>", so that the test can count them.
#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>

#include <iostream>
#include <map>
#include <string>

struct Order {
  std::string id, symbol, side, type, quantity, cumulative, state;
};

class Venue : public FIX::Application {
 public:
  void onCreate(const FIX::SessionID&) {}
  void onLogon(const FIX::SessionID&) { std::cout << "LOGON" << std::endl; }
  void onLogout(const FIX::SessionID&) { std::cout << "LOGOUT" << std::endl; }
  void toAdmin(FIX::Message&, const FIX::SessionID&) {}
  void toApp(FIX::Message&, const FIX::SessionID&) throw(FIX::DoNotSend) {}
  void fromAdmin(const FIX::Message&, const FIX::SessionID&) throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
                                                                   FIX::IncorrectTagValue, FIX::RejectLogon) {}
  void fromApp(const FIX::Message& message, const FIX::SessionID& session) throw(FIX::FieldNotFound,
                                                                                 FIX::IncorrectDataFormat,
                                                                                 FIX::IncorrectTagValue,
                                                                                 FIX::UnsupportedMessageType) {
    const std::string type = message.getHeader().getField(35);
    if (type == "D") newOrder(message, session);
    else if (type == "F") cancel(message, session);
    else if (type == "H") status(message, session);
    else throw FIX::UnsupportedMessageType();
  }

 private:
  std::map<std::string, Order> orders;
  long executions = 0;

  void newOrder(const FIX::Message& message, const FIX::SessionID& session) {
    Order order{message.getField(11), message.getField(55), message.getField(54), message.getField(40),
                message.getField(38), "0", "0"};
    std::cout << "D " << order.id << std::endl;
    if (orders.count(order.id)) return report(order, session, "8", "8", "", {{103, "6"}, {58, "duplicate ClOrdID"}});
    if (order.symbol == "NOPE") return report(order, session, "8", "8", "", {{103, "0"}, {58, "no margin"}});
    if (order.symbol == "MUTE") return;
    Order& kept = orders[order.id] = order;
    const bool market = order.type == "1";
    if (!market || order.symbol == "REST" || order.symbol == "LATE") return report(kept, session, "0", "0", "");
    if (order.symbol == "HUSH") {
      kept.cumulative = kept.quantity;
      kept.state = "2";
      return;
    }
    if (order.symbol == "DROP") FIX::Session::lookupSession(session)->disconnect();
    report(kept, session, "0", "0", "");
    if (order.symbol == "PART") return fill(kept, session, "40");
    fill(kept, session, kept.quantity, order.symbol == "DUPE" ? 2 : 1);
  }

  void cancel(const FIX::Message& message, const FIX::SessionID& session) {
    const auto found = orders.find(message.getField(41));
    const bool known = found != orders.end();
    if (known && found->second.symbol == "LATE" && found->second.state == "0") {
      fill(found->second, session, found->second.quantity);
    }
    if (!known || found->second.state == "2" || found->second.state == "4") {
      FIX::Message reject;
      reject.getHeader().setField(35, "9");
      reject.setField(37, known ? "o-" + found->first : "NONE");
      reject.setField(11, message.getField(11));
      reject.setField(41, message.getField(41));
      reject.setField(39, known ? found->second.state : "8");
      reject.setField(434, "1");
      reject.setField(102, known ? "0" : "1");
      FIX::Session::sendToTarget(reject, session);
      return;
    }
    found->second.state = "4";
    report(found->second, session, "4", "4", "", {{11, message.getField(11)}, {41, found->first}});
  }

  void status(const FIX::Message& message, const FIX::SessionID& session) {
    const auto found = orders.find(message.getField(11));
    if (found != orders.end()) return report(found->second, session, "I", found->second.state, "");
    Order none{message.getField(11), message.getField(55), message.getField(54), "1", "0", "0", "8"};
    report(none, session, "I", "8", "", {{103, "5"}, {37, "NONE"}, {58, "unknown order"}});
  }

  void fill(Order& order, const FIX::SessionID& session, const std::string& quantity, int times = 1) {
    order.cumulative = quantity;
    order.state = quantity == order.quantity ? "2" : "1";
    ++executions;
    for (int told = 0; told < times; ++told) report(order, session, "F", order.state, quantity, {}, told > 0);
  }

  void report(const Order& order, const FIX::SessionID& session, const std::string& execType, const std::string& state,
              const std::string& last, const std::map<int, std::string>& more = {}, bool again = false) {
    const bool old = session.getBeginString().getString() == "FIX.4.2";
    FIX::Message report;
    report.getHeader().setField(35, "8");
    report.setField(37, "o-" + order.id);
    report.setField(11, order.id);
    if (last.empty() && !again) ++executions;
    report.setField(17, execType == "I" ? "0" : "e" + std::to_string(executions));
    if (old) report.setField(20, execType == "I" ? "3" : "0");
    report.setField(150, !old ? execType : execType == "F" ? (state == "2" ? "2" : "1") : execType == "I" ? state : execType);
    report.setField(39, state);
    report.setField(55, order.symbol);
    report.setField(54, order.side);
    report.setField(38, order.quantity);
    report.setField(14, order.cumulative);
    report.setField(151, state == "0" || state == "1" ? std::to_string(std::stol(order.quantity) - std::stol(order.cumulative)) : "0");
    report.setField(6, order.cumulative == "0" ? "0" : "151.25");
    if (!last.empty()) {
      report.setField(32, last);
      report.setField(31, "151.25");
    }
    for (const auto& field : more) report.setField(field.first, field.second);
    FIX::Session::sendToTarget(report, session);
  }
};

int main(int count, char** arguments) {
  if (count != 2) return 2;
  try {
    FIX::SessionSettings settings(arguments[1]);
    Venue venue;
    FIX::FileStoreFactory stores(settings);
    FIX::SocketAcceptor acceptor(venue, stores, settings);
    acceptor.start();
    std::cout << "LISTENING" << std::endl;
    // Ends with its standard input: nothing is left behind when the test dies.
    std::string line;
    while (std::getline(std::cin, line)) {}
    acceptor.stop(true);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
