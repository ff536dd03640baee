// Classifies the clouds of points in a table with columns x, y and z, such as localisations.
// Argument: "table.csv|model", "table.csv|model|column" where rows of one value of the column are a cloud of their own,
// or "table.csv|model|column|results.csv"; the column none is one cloud.
parts = split(getArgument(), "|");
if (parts.length < 2) exit("The argument is '" + getArgument() + "'; give table.csv|model");
group = "none";
if (parts.length > 2) group = parts[2];
run("Clear Results");
run("Classify Points...", "file=[" + parts[0] + "] model=[" + parts[1] + "] group_by=[" + group + "] top=1 seed=0");
for (i = 0; i < nResults; i++) {
	print(Table.getString("Cloud", i) + ": " + Table.getString("Class", i) + " " + d2s(getResult("Score", i), 4));
}
if (parts.length > 3) saveAs("Results", parts[3]);
