// Package routes declares every route of the shop's HTTP API once. The infrastructure, the routers of the functions and the
// OpenAPI document are all made from this list.
package routes

import (
	"net/http"

	"github.com/annals-es/annals/internal/httpapi/route"
)

type (
	// Route is one route of the API.
	Route = route.Route
	// Function names the Lambda function that serves a route.
	Function = route.Function
	// Scope is what a caller's token must allow.
	Scope = route.Scope
)

// The functions behind the API.
const (
	Command = route.Command
	Query   = route.Query
	Docs    = route.Docs
)

// The scopes. Who may operate acts on what belongs to anybody, on routes that its other scopes open.
const (
	ToCommand Scope = "shop/command"
	ToQuery   Scope = "shop/query"
	ToOperate Scope = "shop/operate"
)

// Scopes are all scopes, with what each allows.
var Scopes = map[Scope]string{
	ToCommand: "Change what is one's own",
	ToQuery:   "Read what is one's own, and products",
	ToOperate: "Act on what belongs to anybody; products, stock, payments and shipments",
}

// The commands.
var (
	OpenAccount        = declare("open-account", http.MethodPost, "/accounts", Command, ToCommand, "Open an account")
	DepositMoney       = declare("deposit-money", http.MethodPost, "/accounts/{id}/deposits", Command, ToCommand, "Deposit money")
	WithdrawMoney      = declare("withdraw-money", http.MethodPost, "/accounts/{id}/withdrawals", Command, ToCommand, "Withdraw money")
	CloseAccount       = declare("close-account", http.MethodPost, "/accounts/{id}/close", Command, ToCommand, "Close an account whose balance is zero")
	TransferMoney      = declare("transfer-money", http.MethodPost, "/transfers", Command, ToCommand, "Transfer money between two accounts, on both or on neither")
	CreateOrder        = declare("create-order", http.MethodPost, "/orders", Command, ToCommand, "Create an order, with items if wanted")
	AddItem            = declare("add-item", http.MethodPost, "/orders/{id}/items", Command, ToCommand, "Add an item to a draft order")
	RemoveItem         = declare("remove-item", http.MethodDelete, "/orders/{id}/items/{productId}", Command, ToCommand, "Remove a product from a draft order")
	SetShippingAddress = declare("set-shipping-address", http.MethodPut, "/orders/{id}/shipping-address", Command, ToCommand, "Set where a draft order goes")
	PlaceOrder         = declare("place-order", http.MethodPost, "/orders/{id}/place", Command, ToCommand, "Place an order")
	CancelOrder        = declare("cancel-order", http.MethodPost, "/orders/{id}/cancel", Command, ToCommand, "Cancel an order that has not been shipped")
	ReceivePayment     = declare("receive-payment", http.MethodPost, "/orders/{id}/payments", Command, ToOperate, "Record a payment, in part or in full")
	ShipOrder          = declare("ship-order", http.MethodPost, "/orders/{id}/shipments", Command, ToOperate, "Ship an order that is paid in full")
	DeliverOrder       = declare("deliver-order", http.MethodPost, "/orders/{id}/delivery", Command, ToOperate, "Record that a shipped order was delivered")
	ListProduct        = declare("list-product", http.MethodPost, "/products", Command, ToOperate, "List a product for sale")
	ReceiveStock       = declare("receive-stock", http.MethodPost, "/products/{id}/stock", Command, ToOperate, "Receive stock of a product")
	ChangePrice        = declare("change-price", http.MethodPost, "/products/{id}/price", Command, ToOperate, "Change a product's price")
	//annals:new command-routes
)

// The queries.
var (
	GetAccount          = declare("get-account", http.MethodGet, "/accounts/{id}", Query, ToQuery, "An account with its balance")
	GetStatement        = declare("get-statement", http.MethodGet, "/accounts/{id}/statement", Query, ToQuery, "An account's movements, newest first")
	GetOrder            = declare("get-order", http.MethodGet, "/orders/{id}", Query, ToQuery, "An order's summary")
	ListOrders          = declare("list-orders", http.MethodGet, "/orders", Query, ToOperate, "Active orders: placed and not delivered, oldest first")
	ListCustomerOrders  = declare("list-customer-orders", http.MethodGet, "/customers/{id}/orders", Query, ToQuery, "A customer's orders, newest first")
	GetProduct          = declare("get-product", http.MethodGet, "/products/{id}", Query, ToQuery, "A product with its price")
	GetProductInventory = declare("get-product-inventory", http.MethodGet, "/products/{id}/inventory", Query, ToQuery, "A product's stock")
	GetProductSales     = declare("get-product-sales", http.MethodGet, "/products/{id}/sales", Query, ToOperate, "A product's sales, counted when orders are placed")
	TopProductSales     = declare("top-product-sales", http.MethodGet, "/products/sales", Query, ToOperate, "The products that sold best")
	GetStream           = declare("get-stream", http.MethodGet, "/streams/{type}/{id}", Query, ToQuery, "The audit trail: every event of a stream")
	//annals:new query-routes
)

// Reference is the routes that describe the others.
var Reference = route.Reference

// All is every command and query.
var All = []Route{
	OpenAccount, DepositMoney, WithdrawMoney, CloseAccount, TransferMoney,
	CreateOrder, AddItem, RemoveItem, SetShippingAddress, PlaceOrder, CancelOrder, ReceivePayment, ShipOrder, DeliverOrder,
	ListProduct, ReceiveStock, ChangePrice,
	GetAccount, GetStatement, GetOrder, ListOrders, ListCustomerOrders,
	GetProduct, GetProductInventory, GetProductSales, TopProductSales, GetStream,
	//annals:new routes
}

// Of returns the routes that a function serves, in the order of All.
func Of(f Function) []Route {
	var of []Route
	for _, r := range All {
		if r.Function == f {
			of = append(of, r)
		}
	}
	return of
}

func declare(id, method, path string, function Function, scope Scope, summary string) Route {
	return Route{ID: id, Method: method, Path: path, Function: function, Scope: scope, Summary: summary}
}
