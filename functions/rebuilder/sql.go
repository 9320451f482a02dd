//go:build sql

package main

import _ "github.com/annals-es/annals/pkg/annals/annalssql" // the driver of read models in SQL
