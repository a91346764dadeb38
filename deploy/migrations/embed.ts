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
