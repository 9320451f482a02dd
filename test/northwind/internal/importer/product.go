package importer

import (
	"net/http"
	"net/url"
	"time"

	"github.com/annals-es/annals/test/northwind/data"
	"github.com/annals-es/annals/test/northwind/internal/client"
)

type listProduct struct {
	ProductID string `json:"productId"`
	Name      string `json:"name"`
	UnitPrice money  `json:"unitPrice"`
}

type receiveStock struct {
	Quantity int `json:"quantity"`
}

// productCommands returns the commands that list a product and receive its stock: the units that are left in the end
// and those that the files ship. Both are dated on the day of the first order, so that no order is older than its
// stock. If there are no units, no stock is received.
func productCommands(p data.Product, shipped int, day time.Time) []client.Command {
	commands := []client.Command{{
		Method: http.MethodPost, Path: "/products", Key: key("product", p.ID, "list"), OccurredAt: day,
		Body: listProduct{ProductID: p.ID, Name: p.Name, UnitPrice: usd(p.UnitPrice)},
	}}
	if units := p.InStock + shipped; units > 0 {
		commands = append(commands, client.Command{
			Method: http.MethodPost, Path: "/products/" + url.PathEscape(p.ID) + "/stock", Key: key("product", p.ID, "stock"),
			OccurredAt: day,
			Body:       receiveStock{Quantity: units},
		})
	}
	return commands
}

// unitsShipped returns how many units of each product the files ship.
func unitsShipped(nw data.Northwind) map[string]int {
	units := map[string]int{}
	for _, o := range nw.Orders {
		if !o.HasShipped() {
			continue
		}
		for _, l := range o.Lines {
			units[l.ProductID] += l.Quantity
		}
	}
	return units
}

// key returns the Idempotency-Key of one step of one product or order.
func key(kind, id, step string) string { return "northwind-" + kind + "-" + id + "-" + step }
