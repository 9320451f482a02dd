// Package browser tries the console in Chromium, on the whole service with the Northwind data in: `make browser`. Its
// tests have a build tag, because they need a browser.
package browser
