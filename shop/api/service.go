package api

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/api/routes"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
	"github.com/annals-es/annals/shop/rule"
)

const description = `Accounts, orders and products as streams of events.

Every command answers with the resulting state and version, and with a Consistency-Token. A command that is repeated with
the same Idempotency-Key is done once and answered as the first time.

Queries answer from read models, which follow within milliseconds, mostly. A query that is given the Consistency-Token of a
command waits until its read model shows what the command did. Where that takes too long, who created what is asked for is
answered from the events ("Consistency: strong"); those who ask for a list or a count are answered with 202 and Retry-After.

The items of orders are listed products, at their current price. Operators may set another.

A request means one thing, or it is refused (400, and the place of what is wrong). In a body, a name stands once in its object,
strings are Unicode, and an optional member is absent or valid, never null. A whole number may be written in any way (2, 2.0,
2e0). Answers may get further members in later versions: pass over what you do not know. In a query string, a parameter stands once,
is not empty and is percent-encoded (+ as %2B). A header of which one is meant stands once and is not empty. Bodies are
application/json in UTF-8, not compressed: anything else is 415.

Everybody sees and changes what is their own: what they created, and orders that are for them. What is another's is answered as what
does not exist. Products are for all to see. Who has the scope shop/operate acts on what is anybody's.`

// streamTypes are the types of streams that the audit trail shows, and that messages to callers name.
var streamTypes = []string{
	account.Aggregate.StreamType, order.Aggregate.StreamType, product.Aggregate.StreamType,
	//annals:new stream-types
}

// service is what the edge is told of the shop. In its document amounts of money are [httpapi.Amount], and sums in read
// models [Total] and [count].
func service() httpapi.Service {
	return httpapi.Service{
		Title: "Shop", Description: description,
		Streams: streamTypes, Shared: []string{product.Aggregate.StreamType},
		Customer: customerOf, Operator: routes.ToOperate, Refused: refused,
		Schemas: map[reflect.Type]reflect.Type{
			reflect.TypeFor[money.Money]():     reflect.TypeFor[httpapi.Amount](),
			reflect.TypeFor[readmodel.Total](): reflect.TypeFor[Total](),
			reflect.TypeFor[readmodel.Count](): reflect.TypeFor[count](),
		},
		Named: []string{"api", "readmodel", "money"},
	}
}

// refused is the problem of an item whose price is refused. Which product it was, and what it costs, are members of their own.
func refused(err error) *httpapi.Problem {
	var (
		price     *order.PriceError
		violation *rule.Violation
	)
	if !errors.As(err, &price) || !errors.As(err, &violation) {
		return nil
	}
	p := httpapi.NewProblem(http.StatusUnprocessableEntity, string(violation.Code), violation.Detail)
	p.ProductID = price.ProductID
	if price.Listed {
		p.CurrentPrice = &httpapi.Amount{Amount: price.CurrentPrice.Amount(), Currency: price.CurrentPrice.Currency()}
	}
	return p
}
