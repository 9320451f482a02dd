// Package shop is the sample service: accounts with transfers, orders and products. Start with [New], its declaration.
// The aggregates are in folders of their own; so are read models, reactions and public events.
package shop

import (
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/integration"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/payment"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/reaction"
	"github.com/annals-es/annals/shop/readmodel"
)

// New returns the shop's declaration. Raise the schema of an aggregate's snapshots whenever its state, or the effect of
// events on it, changes: the tests of golden states fail then.
func New() *annals.Service {
	key := annals.Secret(email.KeyEnv, 1) // the key of the ids of e-mail addresses: it must never change
	payWithin := annals.Setting("paymentDeadline", 72*time.Hour)
	return annals.New("shop", api, scopes, document(), key, payWithin, annals.BeforeCommands(checkEmailKey(key)),
		annals.Aggregate(account.Aggregate, annals.Snapshots{Every: 100, Schema: 1}),
		annals.Aggregate(order.Aggregate, annals.Snapshots{Every: 50, Schema: 2}, annals.OwnedBy(customerOf)),
		annals.Aggregate(product.Aggregate, annals.Snapshots{Every: 50, Schema: 1}, annals.ReadableByAll),
		annals.Aggregate(payment.Aggregate, annals.OwnedBy(payerOf)), // no snapshots: its streams are short
		annals.Aggregate(email.Aggregate, annals.Hidden),             // no snapshots: its streams are short and rarely loaded
		annals.Aggregate(email.KeyAggregate, annals.Hidden),

		annals.ReadModel(readmodel.Accounts, annals.Replaces("account-summary", "account-statement")),
		annals.ReadModel(readmodel.Orders, annals.Replaces("order-summary", "active-orders", "customer-orders")),
		annals.ReadModel(readmodel.ProductCatalog, annals.Inline, annals.WithoutIndexes),
		annals.ReadModel(readmodel.ProductCounts, annals.Replaces("product-inventory", "product-sales")),
		annals.ReadModel(readmodel.SalesBySQL, annals.InSQL(readmodel.SaleTables...)),
		annals.ReadModel(readmodel.OrderSearch, annals.InSearch(readmodel.SearchFields)),
		annals.ReadModel(readmodel.BestSellers, annals.InCache),
		replaced(),

		accountOperations(key), orderOperations(), productOperations(), salesOperations(),
		annals.AuditTrail("GET /streams/{type}/{id}", annals.Named("get-stream", "The audit trail: every event of a stream")),

		annals.React("reserve-stock", order.Aggregate, reaction.ReserveStock, reaction.ReservingEvents...),
		annals.Deadlines("cancel-unpaid", order.Aggregate, reaction.PaymentDeadline(payWithin), reaction.CancelUnpaid,
			reaction.PayingEvents...),
		annals.Process("pay-orders", payment.Aggregate,
			annals.Follow(order.Aggregate, payment.OrderOf, payment.State.Follow, payment.FollowedEvents...),
			annals.Then(payment.Step, payment.SteppingEvents...),
			annals.Wait(payment.Deadlines(payWithin), payment.Due)),
		annals.React("release-emails", subjects.Aggregate, reaction.ReleaseEmails, subjects.Event(subjects.StreamsCleared{})),
		annals.PublicPrefix("org.annals."),
		annals.Publish(account.Aggregate, integration.OfAccount, integration.PublicOfAccount...),
		annals.Publish(order.Aggregate, integration.OfOrder, integration.PublicOfOrder...),
		annals.Publish(product.Aggregate, integration.OfProduct, integration.PublicOfProduct...),
	)
}

func accountOperations(key *annals.SecretValue) annals.Part {
	return annals.Parts(
		annals.CreateTx("POST /accounts", account.Aggregate, openReserving(key),
			annals.Named("open-account", "Open an account"), annals.Example(anAccount)),
		annals.Command("POST /accounts/{id}/deposits", account.Aggregate, deposit,
			annals.Named("deposit-money", "Deposit money"), annals.Example(aDeposit)),
		annals.Command("POST /accounts/{id}/withdrawals", account.Aggregate, withdraw,
			annals.Named("withdraw-money", "Withdraw money")),
		annals.CommandTx("POST /accounts/{id}/close", account.Aggregate, closeReleasing(key),
			annals.Named("close-account", "Close an account whose balance is zero")),
		annals.Transact("POST /transfers", annals.At(account.Aggregate, TransferMoney.from, TransferMoney.to),
			transfer, transferred,
			annals.Named("transfer-money", "Transfer money between two accounts, on both or on neither")),

		annals.Transact("POST /payments",
			annals.At(account.Aggregate, PayOrder.account).And(annals.At(payment.Aggregate, PayOrder.order)), pay, paying,
			annals.Named("pay-order", "Pay a placed order from an account")),

		annals.DocumentAs("GET /accounts/{id}", readmodel.Accounts, readmodel.AccountOf, formerAccount,
			annals.Named("get-account", "An account with its balance")),
		annals.ListAs("GET /accounts/{id}/statement", readmodel.Accounts, readmodel.Statement, readmodel.StatementPages,
			formerStatement, annals.About(account.Aggregate),
			annals.Named("get-statement", "An account's movements, newest first")),
	)
}

func orderOperations() annals.Part {
	return annals.Parts(
		annals.CreateTx("POST /orders", order.Aggregate, createOrder,
			annals.Named("create-order", "Create an order, with items if wanted"), annals.Example(anOrder)),
		annals.CommandTx("POST /orders/{id}/items", order.Aggregate, addItem,
			annals.Named("add-item", "Add an item to a draft order")),
		annals.Command("DELETE /orders/{id}/items/{productId}", order.Aggregate, removeItem,
			annals.Named("remove-item", "Remove a product from a draft order")),
		annals.Command("PUT /orders/{id}/shipping-address", order.Aggregate, setShippingAddress,
			annals.Named("set-shipping-address", "Set where a draft order goes"), annals.Example(anAddress)),
		annals.Command("POST /orders/{id}/place", order.Aggregate, annals.NoBody(order.State.Place),
			annals.Named("place-order", "Place an order")),
		annals.Command("POST /orders/{id}/cancel", order.Aggregate, annals.NoBody(order.State.Cancel),
			annals.Named("cancel-order", "Cancel an order that has not been shipped")),
		annals.Command("POST /orders/{id}/payments", order.Aggregate, receivePayment, annals.Operators,
			annals.Named("receive-payment", "Record a payment, in part or in full")),
		annals.Command("POST /orders/{id}/shipments", order.Aggregate, ship, annals.Operators,
			annals.Named("ship-order", "Ship an order that is paid in full")),
		annals.Command("POST /orders/{id}/delivery", order.Aggregate, annals.NoBody(order.State.Deliver), annals.Operators,
			annals.Named("deliver-order", "Record that a shipped order was delivered")),

		annals.DocumentAs("GET /orders/{id}", readmodel.Orders, readmodel.OrderOf, formerOrder,
			annals.Named("get-order", "An order's summary")),
		annals.ListAs("GET /orders", readmodel.Orders, readmodel.ActiveOrders, readmodel.ActiveOrderPages, formerActiveOrders,
			annals.Operators, annals.Named("list-orders", "Active orders: placed and not delivered, oldest first")),
		annals.ListAs("GET /customers/{id}/orders", readmodel.Orders, readmodel.CustomerOrders, readmodel.CustomerOrderPages,
			formerCustomerOrders, annals.OwnerOnly, annals.Named("list-customer-orders", "A customer's orders, newest first")),
	)
}

func productOperations() annals.Part {
	return annals.Parts(
		annals.Create("POST /products", product.Aggregate, listProduct, annals.Operators,
			annals.Named("list-product", "List a product for sale"), annals.Example(aProduct)),
		annals.Command("POST /products/{id}/stock", product.Aggregate, receiveStock, annals.Operators,
			annals.Named("receive-stock", "Receive stock of a product")),
		annals.Command("POST /products/{id}/price", product.Aggregate, changePrice, annals.Operators,
			annals.Named("change-price", "Change a product's price")),

		annals.Document("GET /products/{id}", readmodel.ProductCatalog,
			annals.Named("get-product", "A product with its price")),
		annals.Query("GET /products/{id}/inventory", readmodel.ProductCounts, readmodel.InventoryOf, formerInventory,
			annals.About(product.Aggregate), annals.Named("get-product-inventory", "A product's stock")),
		annals.Query("GET /products/{id}/sales", readmodel.ProductCounts, readmodel.SalesOf, formerSales, annals.Operators,
			annals.About(product.Aggregate),
			annals.Named("get-product-sales", "A product's sales, counted when orders are placed")),
		annals.Query("GET /products/sales", readmodel.ProductCounts, readmodel.TopSales, formerTopSales, annals.Operators,
			annals.Named("top-product-sales", "The products that sold best")),
	)
}

// salesOperations are there if the deployment has the stores SQL, Search and Cache.
func salesOperations() annals.Part {
	return annals.Parts(
		annals.QuerySQL("GET /sales/months", readmodel.SalesBySQL, readmodel.SalesByMonth, annals.Operators,
			annals.Named("sales-by-month", "The sales of each month, without cancelled orders")),
		annals.QuerySQL("GET /sales/cities", readmodel.SalesBySQL, readmodel.SalesByCity, annals.Operators,
			annals.Named("sales-by-city", "The cities to which most was sold")),
		annals.QuerySQL("GET /sales/products", readmodel.SalesBySQL, readmodel.SalesByProduct, annals.Operators,
			annals.Named("sales-by-product", "The products that most was sold of")),
		annals.Query("GET /products/best-sellers", readmodel.BestSellers, readmodel.TopSellers, annals.ForEveryone,
			annals.Named("best-sellers", "The products of which most was sold, by month")),
		annals.QuerySearch("GET /orders/search", readmodel.OrderSearch, readmodel.SearchOrders, annals.Operators,
			annals.Named("search-orders", "Search orders by customer, destination and product")),
	)
}

// document adjusts the OpenAPI document where it differs from the Go types.
func document() annals.Part {
	return annals.Parts(
		annals.ShownAs[money.Money, Amount](),
		annals.ShownAs[readmodel.Total, Total](), annals.ShownAs[readmodel.Count, count](),
		annals.PlainNames("shop", "readmodel", "money"),
		annals.Refusals[PriceMembers](refusedPrice),
	)
}
