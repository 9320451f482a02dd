package push

import (
	"fmt"
	"net/url"

	"github.com/annals-es/annals/pkg/es"
)

// Topic is what a client can subscribe to: the changes of a projection that are about one stream, or about another
// thing that the changes name, such as a customer.
type Topic struct {
	Projection string
	// About is the stream, "Order#7", or the other thing, "customer/ALFKI".
	About string
}

// StreamTopic returns the topic of one stream.
func StreamTopic(projection string, stream es.StreamID) Topic {
	return Topic{projection, stream.String()}
}

// CustomerTopic returns the topic of all streams of a customer.
func CustomerTopic(projection, customer string) Topic {
	return Topic{projection, "customer/" + customer}
}

// String returns <projection>|<about>.
func (t Topic) String() string { return t.Projection + "|" + t.About }

// validate refuses a topic that is too long to be a key.
func (t Topic) validate() error {
	if size := len(t.String()); size > maxTopic {
		return fmt.Errorf("the topic has %d bytes, the limit is %d", size, maxTopic)
	}
	return nil
}

// partition returns the partition key of an owner's subscriptions to a topic. The escaped owner contains no bar, so
// different owners and topics have different keys.
func (t Topic) partition(owner string) string {
	return "topic|" + url.QueryEscape(owner) + "|" + t.String()
}
