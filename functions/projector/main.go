// Projector is the Lambda function that receives the stream of the event table, and the catch-up queue: it maintains
// the read tables.
package main

import (
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/shop"
)

func main() { annalslambda.Projector(shop.New()) }
