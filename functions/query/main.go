// Query is the Lambda function behind the routes that read: it answers from the read tables, and the audit trail from
// the event table.
package main

import (
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/shop"
)

func main() { annalslambda.Query(shop.New()) }
