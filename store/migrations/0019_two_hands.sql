-- By-laws, and money of the past out of a workbook, take two hands too.
CREATE OR REPLACE FUNCTION log.of_two_hands() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[
        'accounts.RoleGranted', 'clubs.PersonsMerged', 'clubs.EntryWithdrawn',
        'clubs.AssociationEntryWithdrawn', 'clubs.RegulationAdopted', 'care.EntryWithdrawn',
        'loans.EntryReversed', 'loans.LoanDisbursed', 'loans.LoanExtended', 'loans.LoanFrozen',
        'loans.LoanUnfrozen', 'loans.InterestWaived', 'loans.DebtTakenOver',
        'loans.LoanWrittenOff', 'loans.LossBorneByCapital', 'loans.CashDifferenceSettled',
        'loans.CapitalReturned', 'loans.PeriodClosed', 'loans.WorkbookImported',
        'loans.ImportUndone'] $$;
