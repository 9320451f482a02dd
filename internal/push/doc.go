// Package push notifies WebSocket clients when a read model has changed. Start with [Handler], which answers the events
// of API Gateway, and [Notifier], which projectors call after each batch.
//
// A client connects to API Gateway and subscribes to topics. The notifier posts each change to the connections that are
// subscribed to it. A client receives only the changes of streams that it owns: a subscription is stored under its
// owner, and the notifier looks up only the subscriptions of the change's owner. So subscribing needs no permission
// check, and does not reveal whether a stream exists.
//
// While there are no subscriptions, a projector's batch costs one read. One record holds a time by which all
// subscriptions have expired. [Connections.Subscribe] raises it before it stores a subscription, and no code lowers it.
// [Notifier] reads it once a batch, strongly consistent, after the projector saved the batch. It queries subscriptions
// only if that time is in the future. So it misses no subscription that was confirmed before a change was saved.
//
// Push is best effort. A client that must not miss a change sends its queries after "subscribed" and after each
// reconnect.
package push

import "time"

// Limits.
const (
	// MaxSubscriptions is how many topics a connection can subscribe to.
	MaxSubscriptions = 100
	// maxMessage is the longest message from a client, in bytes.
	maxMessage = 4096
	// maxTopic and maxOwner are the longest topic and owner, in bytes. Both fit into a partition key, even escaped.
	maxTopic = 1024
	maxOwner = 300
	// lifetime is how long a connection's rows are valid. API Gateway ends a connection after 2 hours.
	lifetime = 2*time.Hour + 10*time.Minute
)

// Route is a route of the WebSocket API.
type Route struct {
	// Key is a value of the selection expression, or a key of API Gateway: $connect, $disconnect, $default.
	Key string
	// Answers is true if API Gateway sends the function's answer to the client.
	Answers bool
}

// Selection is the route selection expression: the member of a message that names its route.
const Selection = "$request.body.action"

// Connect is the key of the route for new connections.
const Connect = "$connect"

// The keys of the other routes.
const (
	disconnect  = "$disconnect"
	subscribe   = "subscribe"
	unsubscribe = "unsubscribe"
	other       = "$default"
)

// Routes are all routes of the WebSocket API.
var Routes = []Route{
	{Key: Connect}, {Key: disconnect}, {Key: subscribe, Answers: true},
	{Key: unsubscribe, Answers: true}, {Key: other, Answers: true},
}
