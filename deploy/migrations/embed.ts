// Written by genmigrate; do not edit.
import bronze1 from "./bronze/0001_create_compute.sql" with { type: "text" };
import bronze2 from "./bronze/0003_add_networks_and_firewalls.sql" with { type: "text" };
import bronze3 from "./bronze/0005_add_iam_accounts.sql" with { type: "text" };
import bronze4 from "./bronze/0008_close_history_on_change.sql" with { type: "text" };
import bronze5 from "./bronze/0011_index_labels.sql" with { type: "text" };
import bronzeSum from "./bronze/atlas.sum" with { type: "text" };
import bronzehistory1 from "./bronzehistory/0002_create_compute_history.sql" with { type: "text" };
import bronzehistory2 from "./bronzehistory/0004_add_firewall_history.sql" with { type: "text" };
import bronzehistorySum from "./bronzehistory/atlas.sum" with { type: "text" };
import silver1 from "./silver/0006_create_machines.sql" with { type: "text" };
import silver2 from "./silver/0007_create_accounts.sql" with { type: "text" };
import silver3 from "./silver/0009_create_findings.sql" with { type: "text" };
import silver4 from "./silver/0012_view_exposed_machines.sql" with { type: "text" };
import silver5 from "./silver/0014_track_machine_owner.sql" with { type: "text" };
import silverSum from "./silver/atlas.sum" with { type: "text" };
import gold1 from "./gold/0010_create_reports.sql" with { type: "text" };
import gold2 from "./gold/0013_summarise_findings.sql" with { type: "text" };
import goldSum from "./gold/atlas.sum" with { type: "text" };

/** The migrations inside the program. */
export const folders = [
  {
    layer: "bronze",
    path: "deploy/migrations/bronze",
    files: [
      { name: "0001_create_compute.sql", text: bronze1 },
      { name: "0003_add_networks_and_firewalls.sql", text: bronze2 },
      { name: "0005_add_iam_accounts.sql", text: bronze3 },
      { name: "0008_close_history_on_change.sql", text: bronze4 },
      { name: "0011_index_labels.sql", text: bronze5 },
    ],
    sum: bronzeSum,
  },
  {
    layer: "bronzehistory",
    path: "deploy/migrations/bronzehistory",
    files: [
      { name: "0002_create_compute_history.sql", text: bronzehistory1 },
      { name: "0004_add_firewall_history.sql", text: bronzehistory2 },
    ],
    sum: bronzehistorySum,
  },
  {
    layer: "silver",
    path: "deploy/migrations/silver",
    files: [
      { name: "0006_create_machines.sql", text: silver1 },
      { name: "0007_create_accounts.sql", text: silver2 },
      { name: "0009_create_findings.sql", text: silver3 },
      { name: "0012_view_exposed_machines.sql", text: silver4 },
      { name: "0014_track_machine_owner.sql", text: silver5 },
    ],
    sum: silverSum,
  },
  {
    layer: "gold",
    path: "deploy/migrations/gold",
    files: [
      { name: "0010_create_reports.sql", text: gold1 },
      { name: "0013_summarise_findings.sql", text: gold2 },
    ],
    sum: goldSum,
  },
] as const;

/** The sums of all of them in one directory: computed here, so that no start has to. */
export const sum = `h1:nnBdS+RhH28VhVO1jEByE0TBll4uhTh/PxjlVG0I7Do=
0001_create_compute.sql h1:FbtgaYuyIS3My1wCFllcgGMh504Zi3qlOrAymZLu5ZY=
0002_create_compute_history.sql h1:B22AojNoPeZvfbhlMZHpcD649QAw7Y5jvbPFbwbYcDk=
0003_add_networks_and_firewalls.sql h1:iyPTlhzQtAZSKyc9XEURzme/GEr+y+YoO8uOXyIgAxk=
0004_add_firewall_history.sql h1:Ma6ZhAHvZ+c55F9OJ37EwQxuaZdZpF89rc5hHgG20oc=
0005_add_iam_accounts.sql h1:L8K/RJhZfjruJyGYiPDIiKijZU/qx44QHToE2RGC/OA=
0006_create_machines.sql h1:raDJWk1Q8MYShXCQBtSr7AWKOqvEBgKgkb3Bdu6GcGQ=
0007_create_accounts.sql h1:BE3uVZwjo0qe79mLmmNqh9xmwAIHIp9m4VNMwn6eXws=
0008_close_history_on_change.sql h1:LvQIkyr1x0ZsS7N3uJoLVzWugq5BHvB857+9YkER4vE=
0009_create_findings.sql h1:ZiTKCuTQeenPs13JBZqxxdh43kEuAzFtTVJzh4Zkc3Q=
0010_create_reports.sql h1:jBLfYBlwdoE6u+y4Zbi7iIsfys3i3tBPiMRDDs5rgvw=
0011_index_labels.sql h1:7pptDQRh0awIhXMmUNLLA//Wp5VIqj+UMeLpN1tMk0g=
0012_view_exposed_machines.sql h1:VvTKwfRZoIpKO523X00oVS4tKsqj8VZaChqzgW6H1CY=
0013_summarise_findings.sql h1:wjhCCJtVEesMQewdGn/ECYG+jQ+Y72GvFjNC3nbd9Ec=
0014_track_machine_owner.sql h1:TxTHtHUw0HJrpU2oqPWdYSQVGq9Xx1mR4kBIyduw8Ms=
`;
