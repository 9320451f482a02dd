package shop

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
)

// replaced are the read models that others replace. They are fed and read until those are filled. Once that is so in
// every deployment, delete this file, shop/readmodel/replaced_*.go, and everything that refers to them.
func replaced() annals.Part {
	return annals.Parts(
		annals.ReadModel(readmodel.FormerAccountSummary, annals.WithoutIndexes),
		annals.ReadModel(readmodel.FormerAccountStatement, annals.WithoutIndexes),
		annals.ReadModel(readmodel.FormerOrderSummary, annals.WithoutIndexes),
		annals.ReadModel(readmodel.FormerActiveOrders, annals.WithoutIndexes),
		annals.ReadModel(readmodel.FormerCustomerOrders, annals.WithoutIndexes),
		annals.ReadModel(readmodel.FormerInventory, annals.WithoutIndexes),
		annals.ReadModel(readmodel.FormerSales, annals.WithoutIndexes),
	)
}

// How queries are answered until their read models are filled.
var (
	formerAccount = annals.UntilFilled(annals.Document("", readmodel.FormerAccountSummary))
	formerOrder   = annals.UntilFilled(annals.DocumentAs("", readmodel.FormerOrderSummary, readmodel.FormerOrderOf))

	formerStatement = annals.UntilFilled(
		annals.ListAs("", readmodel.FormerAccountStatement, readmodel.FormerStatement, readmodel.FormerStatementPages))
	formerActiveOrders = annals.UntilFilled(
		annals.ListAs("", readmodel.FormerActiveOrders, readmodel.FormerActive, readmodel.FormerActivePages))
	formerCustomerOrders = annals.UntilFilled(
		annals.ListAs("", readmodel.FormerCustomerOrders, readmodel.FormerCustomers, readmodel.FormerCustomerPages))

	formerInventory = annals.UntilFilled(
		annals.Query("", readmodel.FormerInventory, readmodel.FormerInventoryOf, annals.About(product.Aggregate)))
	formerSales = annals.UntilFilled(
		annals.Query("", readmodel.FormerSales, readmodel.FormerSalesOf, annals.About(product.Aggregate)))
	formerTopSales = annals.UntilFilled(annals.Query("", readmodel.FormerSales, readmodel.FormerTopSales))
)
