// Package push tells clients over WebSocket what read models now show.
//
// A client connects to API Gateway, which calls [Handler] for each message, and subscribes to topics; [Notifier] posts the
// changes that a projector made to the connections that are subscribed. Somebody sees the changes of streams that they
// created, and no others: a subscription is stored under its owner, and a change looks for its own owner's alone. So
// subscribing needs no check, and tells nobody whether a stream exists.
//
// While nobody is subscribed, a projector's batch costs one read. One record holds a time by which all subscriptions
// have expired. [Connections.Subscribe] raises it before it stores a subscription, and nobody lowers it. [Notifier]
// reads it once a batch, strongly consistent, after the projector saved the batch. It looks for subscriptions only if
// that time is still ahead. So it misses no subscription that was confirmed before a change was saved.
//
// Push is best effort. A client that must not miss anything asks the queries: after "subscribed", and after reconnecting.
package push

import "time"

// Limits.
const (
	// MaxSubscriptions is how many topics a connection can subscribe to.
	MaxSubscriptions = 100
	// maxMessage is the longest message from a client, in bytes.
	maxMessage = 4096
	// maxTopic and maxOwner are the longest topic and principal, in bytes; escaped, both fit into a partition key.
	maxTopic = 1024
	maxOwner = 300
	// lifetime is how long a connection's rows count: API Gateway ends a connection after 2 hours.
	lifetime = 2*time.Hour + 10*time.Minute
)

// Route is a route of the WebSocket API.
type Route struct {
	// Key is what the selection expression yields, or one of API Gateway's own: $connect, $disconnect, $default.
	Key string
	// Answers says that the function's answer goes to the client.
	Answers bool
}

// Selection is the expression that finds a message's route.
const Selection = "$request.body.action"

// Connect is the key of the route that lets clients in.
const Connect = "$connect"

// The other routes' keys.
const (
	disconnect  = "$disconnect"
	subscribe   = "subscribe"
	unsubscribe = "unsubscribe"
	other       = "$default"
)

// Routes are all routes of the WebSocket API.
var Routes = []Route{{Key: Connect}, {Key: disconnect}, {Key: subscribe, Answers: true}, {Key: unsubscribe, Answers: true}, {Key: other, Answers: true}}
