package push

import (
	"fmt"
	"net/url"

	"github.com/annals-es/annals/pkg/es"
)

// Topic is what a client can subscribe to: what a projection shows of a stream, or of something else that its changes name.
type Topic struct {
	Projection string
	// About is the stream, "Order#7", or what else, "customer/ALFKI".
	About string
}

// StreamTopic is about one stream.
func StreamTopic(projection string, stream es.StreamID) Topic {
	return Topic{projection, stream.String()}
}

// CustomerTopic is about all streams of a customer.
func CustomerTopic(projection, customer string) Topic {
	return Topic{projection, "customer/" + customer}
}

// String is <projection>|<about>.
func (t Topic) String() string { return t.Projection + "|" + t.About }

// validate refuses a topic that is too long to be a key.
func (t Topic) validate() error {
	if size := len(t.String()); size > maxTopic {
		return fmt.Errorf("the topic has %d bytes: at most %d are possible", size, maxTopic)
	}
	return nil
}

// partition is the partition key of an owner's subscriptions to a topic. The escaped owner has no bar, so no two owners and
// topics share a key.
func (t Topic) partition(owner string) string {
	return "topic|" + url.QueryEscape(owner) + "|" + t.String()
}
