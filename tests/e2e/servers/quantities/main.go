// Adds up quantities as Kubernetes does: reads lines of them, and prints the sum of each line.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// The order in which a sum takes over the forms of its summands. Kubernetes takes the first one's, which depends on
// the order of the summands.
var rank = map[resource.Format]int{resource.DecimalExponent: 1, resource.DecimalSI: 2, resource.BinarySI: 3}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		sum, format := resource.Quantity{}, resource.Format("")
		for _, word := range strings.Fields(lines.Text()) {
			quantity, err := resource.ParseQuantity(word)
			if err != nil {
				fmt.Fprintln(os.Stderr, word, err)
				os.Exit(1)
			}
			if rank[quantity.Format] > rank[format] {
				format = quantity.Format
			}
			sum.Add(quantity)
		}
		sum.Format = format
		fmt.Println(sum.String())
	}
}
