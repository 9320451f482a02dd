package importer

import (
	"net/http"
	"net/url"

	"github.com/annals-es/annals/test/northwind/data"
	"github.com/annals-es/annals/test/northwind/internal/client"
)

type createOrder struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	Items      []item `json:"items"`
}

type item struct {
	ProductID string `json:"productId"`
	Quantity  int    `json:"quantity"`
	UnitPrice money  `json:"unitPrice"`
}

type shippingAddress struct {
	Recipient  string `json:"recipient"`
	Line1      string `json:"line1"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	Country    string `json:"country"`
}

type payment struct {
	PaymentID string `json:"paymentId"`
	Amount    money  `json:"amount"`
}

type shipment struct {
	TrackingNumber string `json:"trackingNumber"`
}

// orderCommands returns the commands that create an order with its items, set its address, place it, pay it and, if it
// was shipped, ship it. Each has its historical day.
func orderCommands(o data.Order) ([]client.Command, error) {
	create := createOrder{OrderID: o.ID, CustomerID: o.CustomerID}
	total := bill{}
	for _, l := range o.Lines {
		price, err := total.add(l)
		if err != nil {
			return nil, err
		}
		create.Items = append(create.Items, item{ProductID: l.ProductID, Quantity: l.Quantity, UnitPrice: price})
	}
	path := "/orders/" + url.PathEscape(o.ID)
	step := func(name, method, path string, body any) client.Command {
		return client.Command{Method: method, Path: path, Key: key("order", o.ID, name), OccurredAt: o.Ordered, Body: body}
	}
	commands := []client.Command{
		step("create", http.MethodPost, "/orders", create),
		step("address", http.MethodPut, path+"/shipping-address", shippingAddress{
			Recipient: o.Ship.Name, Line1: o.Ship.Street, City: o.Ship.City,
			Region: o.Ship.Region, PostalCode: o.Ship.PostalCode, Country: o.Ship.Country,
		}),
		step("place", http.MethodPost, path+"/place", nil),
		step("pay", http.MethodPost, path+"/payments", payment{PaymentID: "NW-" + o.ID, Amount: total.money()}),
	}
	if o.HasShipped() {
		ship := step("ship", http.MethodPost, path+"/shipments", shipment{TrackingNumber: "NW-" + o.ID})
		ship.OccurredAt = o.Shipped
		commands = append(commands, ship)
	}
	return commands, nil
}
