// Rebuilder is the Lambda function that the state machine of rebuilds invokes: it takes the rebuild of a read model
// from one stage to the next.
package main

import (
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/shop"
)

func main() { annalslambda.Rebuilder(shop.New()) }
